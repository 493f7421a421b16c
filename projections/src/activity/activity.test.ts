import { overwriteFacts } from "@waybill/runtime";
import type { ControlFact } from "@waybill/schemas";
import { expect, it } from "vitest";
import { rebuild } from "../rebuild.ts";
import { longConfiguration, SECRET } from "../testing/configuration.ts";
import { silent } from "../testing/engines.ts";
import { World } from "../testing/world.ts";
import { activityOf, type ActivityRow } from "./evolve.ts";

/** The rows that one fact after another gives, without a database. */
function foldAll(facts: readonly ControlFact[]): ActivityRow[] {
  const rows = new Map<string, ActivityRow>();
  return facts.map((fact, index) => {
    const key = `${fact.tenant}/${fact.kind}/${fact.id}`;
    const row = activityOf(rows.get(key)?.after ?? null, fact, index + 1);
    rows.set(key, row);
    return row;
  });
}

/** A text as Postgres keeps it. */
const kept = (text: string) => text.toWellFormed().replaceAll("\0", "\uFFFD");
const brief = ({ seq, tenant, action, reason, before, after }: ActivityRow) =>
  [seq, tenant, action, kept(reason), before === null, after === null].join(" ");

async function told({ pool }: World): Promise<ActivityRow[]> {
  const sql = "SELECT *, seq::int AS seq FROM activity ORDER BY activity.seq";
  return (await pool.query<ActivityRow>(sql)).rows;
}

it("tells every change against what was before it, in batches of any size, killed in between", async () => {
  await using world = await World.start();
  const facts = longConfiguration(600, 11);
  let live = world.project(7);
  const half = await world.configure(facts.slice(0, 300));
  await world.activityCaughtUp(half - 250);
  process.kill(world.engines.postgres.pid, "SIGKILL");
  await world.activityCaughtUp(half - 50);
  await live.stop();
  live = world.project(500);
  await world.activityCaughtUp(await world.configure(facts.slice(300)));
  await live.stop();

  const rows = await told(world);
  expect(rows.map(brief)).toEqual(foldAll(facts).map(brief));
  const before = await world.rows();
  expect(before["activity"]?.join("")).not.toContain(SECRET);
  const { nats, postgres } = world.engines;
  const rebuilt = await rebuild(nats, postgres.url, silent);
  expect(rebuilt).toMatchObject({ events: 600, identical: true });
  expect(await world.rows()).toEqual(before);

  await world.pool.query("UPDATE activity SET reason = 'changed by hand' WHERE seq = 5");
  expect((await rebuild(nats, postgres.url, silent)).identical).toBe(false);
  expect(await world.rows()).toEqual(before);
});

it("stays as it is when a batch is written again", async () => {
  await using world = await World.start();
  const live = world.project(100);
  await world.activityCaughtUp(await world.configure(longConfiguration(80, 12)));
  const before = await world.rows();
  await world.pool.query("UPDATE checkpoint SET seq = 20 WHERE name = 'activity'");
  const last = await world.configure(longConfiguration(1, 13));
  await world.activityCaughtUp(last);
  await live.stop();
  const after = await world.rows();
  expect(after["activity"]).toHaveLength(81);
  expect(after["activity"]).toEqual(expect.arrayContaining(before["activity"] ?? []));
});

it("leaves out what is not a fact, and goes on", async () => {
  await using world = await World.start();
  const facts = longConfiguration(20, 14);
  await world.configure(facts.slice(0, 10));
  await world.engines.nats.js.publish("control.acme.provider.one", "no JSON");
  await world.engines.nats.js.publish("control.acme.provider.one", "null");
  await world.engines.nats.js.publish(
    "control.acme.provider.one",
    '{"tenant":"acme","entity":null}',
  );
  const live = world.project(500);
  await world.activityCaughtUp(await world.configure(facts.slice(10)));
  await live.stop();
  expect(await told(world)).toHaveLength(20);
});

it("forgets what was before a fact that says that it is erased, as a rebuild does", async () => {
  await using world = await World.start();
  const { nats, postgres } = world.engines;
  const live = world.project(3);
  const facts = longConfiguration(60, 15);
  const first = facts[0];
  if (first === undefined) throw new Error("there is no fact");
  await world.activityCaughtUp(await world.configure(facts));
  const { tenant, kind, id } = first;
  const isIt = (row: ActivityRow) => row.tenant === tenant && row.kind === kind && row.id === id;
  const theirs = (await told(world)).filter(isIt).map(({ seq }) => seq);
  expect(theirs.length).toBeGreaterThan(0);
  const seq = await world.configure([{ ...first, entity: null, erased: true }]);
  await overwriteFacts(nats, theirs);
  await world.activityCaughtUp(seq);
  expect((await told(world)).filter(isIt)).toMatchObject([
    { seq, action: "removed", before: null, after: null },
  ]);
  expect(await told(world)).toHaveLength(facts.length - theirs.length + 1);
  expect(await rebuild(nats, postgres.url, silent)).toMatchObject({ identical: true });
  await live.stop();
});
