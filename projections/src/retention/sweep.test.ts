import { newMessageId, type OldBody, sealAll, STREAMS } from "@waybill/runtime";
import { firstUlidOf, type MailEvent, type Tenant } from "@waybill/schemas";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningProjection } from "@waybill/runtime/postgres";
import { rebuild } from "../rebuild.ts";
import { silent } from "../testing/engines.ts";
import { World } from "../testing/world.ts";
import { sweep } from "./sweep.ts";

const DAY = 86_400_000;

let world: World;
let live: RunningProjection;
let sealed = 0;

beforeEach(async () => {
  world = await World.start();
  live = world.project(500);
});
afterEach(async () => {
  await live.stop();
  await world[Symbol.asyncDispose]();
});

/** Messages of a thousand have ids of the same days: of 2024, and the next of a month later. */
const idOf = (message: number) => {
  const day = firstUlidOf(Date.UTC(2024, 5 + Math.floor(message / 1000)));
  return `${day.slice(0, 10)}${String(message).padStart(16, "0")}`;
};

const base = (tenant: string, message: number) => ({
  messageId: idOf(message),
  tenant,
  time: new Date().toISOString(),
  traceId: "",
});
const work = {
  attempt: 1,
  rung: 0,
  envelope: { from: "a@x.test", recipients: ["b@x.test"], utf8: false },
  body: { store: "jetstream" as const, chunks: [1], size: 1, sha256: "" },
  routing: { tags: [], fields: {} },
};
const accepted = (tenant: string, message: number): MailEvent => ({
  type: "accepted",
  ...base(tenant, message),
  ...work,
  submission: { protocol: "smtp", address: "192.0.2.1", helo: "x", tls: true },
  header: { from: "", subject: "", messageId: "" },
});
const delivered = (tenant: string, message: number): MailEvent => ({
  type: "delivered",
  ...base(tenant, message),
  attempt: 1,
  provider: { id: "p", kind: "smtp" },
  route: { because: "test", owner: "tenant" },
  durationMs: 1,
  outcomes: [{ recipient: "b@x.test", class: "accepted", response: "250" }],
});

/** Appends, and waits until views and chains have it; a body goes with each acceptance. */
async function told(events: readonly MailEvent[]): Promise<void> {
  for (const { type, tenant } of events)
    if (type === "accepted") await world.engines.nats.js.publish(`body.0.${tenant}`, tenant);
  const last = await world.append(events);
  await world.caughtUp(last);
  await sealAll(world.engines.nats);
  sealed = last;
}

/** Bodies outside the log's own store. */
const outside = (bodies: OldBody[]) => ({
  async *old() {
    yield bodies;
  },
});

/** A sweep so many days from now. */
const sweepIn = (days: number, tenants: Partial<Tenant>[] = [], bodies: OldBody[] = []) =>
  sweep({
    nats: world.engines.nats,
    pool: world.pool,
    directory: { tenants: () => tenants as Tenant[] },
    ages: { events: 30 * DAY, bodies: 7 * DAY },
    sealed: () => sealed,
    outside: outside(bodies),
    now: Date.now() + days * DAY,
  });

async function kept(stream: string): Promise<Record<string, number>> {
  const { state } = await world.engines.nats.jsm.streams.info(stream, { subjects_filter: ">" });
  const counts: Record<string, number> = {};
  for (const [subject, count] of Object.entries(state.subjects ?? {})) {
    const tenant = subject.split(".")[stream === STREAMS.mail ? 3 : 2] ?? "";
    counts[tenant] = (counts[tenant] ?? 0) + count;
  }
  return counts;
}

const lengths = async () =>
  Object.fromEntries(
    Object.entries(await world.rows()).map(([table, rows]) => [table, rows.length]),
  );

it("keeps what is younger than its age, and removes the rest with its rows", async () => {
  await told([accepted("acme", 1), delivered("acme", 1)]);
  await sweepIn(6);
  expect([await kept(STREAMS.mail), await kept(STREAMS.bodies)]).toEqual([
    { acme: 2 },
    { acme: 1 },
  ]);
  await sweepIn(8);
  expect([await kept(STREAMS.mail), await kept(STREAMS.bodies)]).toEqual([{ acme: 2 }, {}]);
  await sweepIn(34);
  expect(await kept(STREAMS.mail)).toEqual({});
  const none = { messages: 0, recipients: 0, attempts: 0, audit: 0 };
  expect(await lengths()).toMatchObject(none);
});

it("removes no body while the store has none as young as a mail that waits: its clock was set back", async () => {
  await told([accepted("acme", 1)]);
  await world.pool.query("UPDATE messages SET accepted_at = now() + interval '20 days'");
  await sweepIn(15);
  expect(await kept(STREAMS.bodies)).toEqual({ acme: 1 });
  await told([delivered("acme", 1)]);
  await sweepIn(15);
  expect(await kept(STREAMS.bodies)).toEqual({});
});

it("never removes a mail that has not ended, and holds up no other tenant for it", async () => {
  await told([
    accepted("acme", 1),
    delivered("acme", 1),
    accepted("acme", 2),
    accepted("globex", 3),
    delivered("globex", 3),
  ]);
  await sweepIn(400, [{ id: "acme" }, { id: "globex" }]);
  expect([await kept(STREAMS.mail), await kept(STREAMS.bodies)]).toEqual([
    { acme: 1 },
    { acme: 2 },
  ]);
  expect(await lengths()).toMatchObject({ messages: 1, recipients: 1, attempts: 0, audit: 1 });
  await told([delivered("acme", 2)]);
  await sweepIn(400);
  expect([await kept(STREAMS.mail), await kept(STREAMS.bodies)]).toEqual([{}, {}]);
});

it("removes nothing of a mail that the views do not hold yet, however old it is", async () => {
  const [ended, open] = [newMessageId(), newMessageId()];
  await told(
    [accepted("acme", 1), delivered("acme", 1)].map((one) => ({ ...one, messageId: ended })),
  );
  await live.stop();
  await world.engines.nats.js.publish("body.0.acme", "of a mail that waits");
  const last = await world.append([{ ...accepted("acme", 2), messageId: open }]);
  await sweepIn(400);
  expect(await kept(STREAMS.bodies)).toEqual({ acme: 2 });
  live = world.project(500);
  await world.caughtUp(last);
  await sweepIn(400);
  expect(await lengths()).toMatchObject({ messages: 1, recipients: 1, attempts: 0, audit: 1 });
  expect([await kept(STREAMS.mail), await kept(STREAMS.bodies)]).toEqual([
    { acme: 1 },
    { acme: 2 },
  ]);
});

it("keeps for fewer days what a tenant wants so, and never for more than the operator", async () => {
  await told(
    ["acme", "globex"].flatMap((tenant, at) => [accepted(tenant, at), delivered(tenant, at)]),
  );
  const tenants = [
    { id: "acme", eventsDays: 10, bodiesDays: 2 },
    { id: "globex", eventsDays: 90 },
  ];
  await sweepIn(3, tenants);
  expect(await kept(STREAMS.bodies)).toEqual({ globex: 1 });
  await sweepIn(11, tenants);
  expect(await kept(STREAMS.mail)).toEqual({ globex: 2 });
  await sweepIn(34, tenants);
  expect(await kept(STREAMS.mail)).toEqual({});
});

it("keeps bodies in other stores as long, and those of a mail that has not ended for ever", async () => {
  await told([accepted("acme", 1), delivered("acme", 1), accepted("acme", 2)]);
  await told([accepted("globex", 3), delivered("globex", 3)]);
  let left = [base("acme", 1), base("acme", 2), base("globex", 3)].map(
    ({ tenant, messageId }): OldBody => ({
      tenant,
      messageId,
      changed: Date.now(),
      remove: async () => void (left = left.filter((one) => one.messageId !== messageId)),
    }),
  );
  const [, open, other] = left.map(({ messageId }) => messageId);
  const messages = () => left.map(({ messageId }) => messageId);
  const tenants = [{ id: "acme", bodiesDays: 2 }, { id: "globex" }];
  await sweepIn(3, tenants, left);
  expect(messages()).toEqual([open, other]);
  await sweepIn(400, tenants, left);
  expect(messages()).toEqual([open]);
});

it("leaves timers, and views that a rebuild gives again", async () => {
  const { nats, postgres } = world.engines;
  await nats.js.publish("timer.0.acme.x.y", "{}", {
    schedule: { specification: new Date(Date.now() + DAY), target: "mail.work.0.acme.due" },
  });
  await told([accepted("acme", 1), delivered("acme", 1), accepted("acme", 2), accepted("acme", 3)]);
  await told([delivered("acme", 3)]);
  await sweepIn(400);
  expect(await kept(STREAMS.mail)).toEqual({ x: 1, acme: 3 });
  await world.caughtUp((await nats.jsm.streams.info(STREAMS.mail)).state.last_seq);
  expect((await rebuild(nats, postgres.url, silent)).identical).toBe(true);
});

/** Tables that are parts of others, by what their names end in. */
async function parts(): Promise<Record<string, number>> {
  const { rows } = await world.pool.query<{ name: string }>(
    "SELECT split_part(relname, '_', 2) AS name FROM pg_class WHERE relispartition AND relkind = 'r'",
  );
  const counts: Record<string, number> = {};
  for (const { name } of rows) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const rebuilt = () => rebuild(world.engines.nats, world.engines.postgres.url, silent);

it("drops the parts that are past their age, and writes nothing of their mail again", async () => {
  await told([accepted("acme", 1), delivered("acme", 1), accepted("globex", 1001)]);
  await told([delivered("globex", 1001)]);
  expect(await parts()).toEqual({ 20240601: 4, 20240701: 4 });
  await sweepIn(1);
  expect(await parts()).toEqual({ 20240601: 4, 20240701: 4 });
  await sweepIn(34);
  expect(await parts()).toEqual({});
  await told([delivered("acme", 1), accepted("acme", 5000), delivered("globex", 1001)]);
  expect(await lengths()).toMatchObject({ messages: 1, recipients: 1, attempts: 0, audit: 1 });
  expect(await parts()).toEqual({ 20241101: 4 });
  expect((await rebuilt()).identical).toBe(true);
  expect(await lengths()).toMatchObject({ messages: 1, recipients: 1, attempts: 0, audit: 1 });
});

it("keeps the part of a mail that has not ended until it has, and drops a later one", async () => {
  await told([
    accepted("acme", 1),
    accepted("globex", 2),
    delivered("globex", 2),
    accepted("globex", 1001),
    delivered("globex", 1001),
    accepted("acme", 1002),
    delivered("acme", 1002),
  ]);
  await sweepIn(400, [{ id: "acme" }, { id: "globex" }]);
  expect(await parts()).toEqual({ 20240601: 4 });
  expect(await lengths()).toMatchObject({ messages: 1, recipients: 1, attempts: 0, audit: 1 });
  expect(await kept(STREAMS.mail)).toEqual({ acme: 3 });
  expect((await rebuilt()).identical).toBe(true);
  await told([delivered("acme", 1)]);
  expect(await lengths()).toMatchObject({ messages: 1, recipients: 1, attempts: 1, audit: 2 });
  await sweepIn(400);
  expect(await parts()).toEqual({});
});

it("deletes the rows of a tenant that wants fewer days from parts that others still need", async () => {
  await told(
    ["acme", "globex"].flatMap((tenant, at) => [accepted(tenant, at), delivered(tenant, at)]),
  );
  const tenants = [{ id: "acme", eventsDays: 10 }];
  await sweepIn(11, tenants);
  expect(await parts()).toEqual({ 20240601: 4 });
  expect(await lengths()).toMatchObject({ messages: 1, recipients: 1, attempts: 1, audit: 2 });
  await sweepIn(34, tenants);
  expect(await parts()).toEqual({});
});

it("goes on where a drop was cut short, and waits for a reader no longer than it may", async () => {
  await told([accepted("acme", 1), delivered("acme", 1)]);
  const reader = await world.pool.connect();
  await reader.query("BEGIN");
  await reader.query("SELECT count(*) FROM recipients");
  await expect(sweepIn(34)).rejects.toThrow(/lock timeout/);
  await told([delivered("acme", 1), accepted("acme", 5000)]);
  await reader.query("ROLLBACK");
  reader.release();
  await sweepIn(34);
  expect(await parts()).toEqual({ 20241101: 4 });
  expect(await kept(STREAMS.mail)).toEqual({ acme: 1 });
});
