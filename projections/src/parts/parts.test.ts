import { firstUlidOf, type MailEvent } from "@waybill/schemas";
import { apiUrl, openPool, type Pool, withTenant, apiPassword } from "@waybill/runtime/postgres";
import { makeSecrets } from "@waybill/runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rebuild } from "../rebuild.ts";
import { migrate } from "../schema/migrate.ts";
import { silent } from "../testing/engines.ts";
import { longHistory } from "../testing/history.ts";
import { World } from "../testing/world.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 3);
const SPAN = 3;
const SPANS = 20;

const secrets = makeSecrets("a master key of thirty-two characters");

/** Those events as if their messages had been made over two months. */
const spread = (events: MailEvent[]): MailEvent[] =>
  events.map((event) => {
    const number = Number(event.messageId.slice(3));
    const time = START + (number % SPANS) * SPAN * DAY + number;
    return { ...event, messageId: firstUlidOf(time).slice(0, 10) + event.messageId.slice(10) };
  });

let world: World;
let api: Pool;
beforeAll(async () => {
  world = await World.start();
  await migrate(world.pool, "views", apiPassword(secrets));
  const live = world.project(100);
  await world.caughtUp(await world.append(spread(longHistory(2000, 11))));
  await live.stop();
  await world.pool.query("ANALYZE");
  api = await openPool(apiUrl(world.engines.postgres.url, secrets), { log: silent });
});
afterAll(async () => {
  await api.end();
  await world[Symbol.asyncDispose]();
});

const partsOf = (plan: unknown): string[] => [
  ...new Set(JSON.stringify(plan).match(/(?:messages|recipients|attempts|audit)_2026\d{4}/g)),
];

/** How the API's role reads, with what it did not have to look at. */
async function explain(sql: string, values: string[]): Promise<string[]> {
  const { rows } = await withTenant(api, "acme", (tx) =>
    tx.query<{ "QUERY PLAN": string }>(`EXPLAIN (ANALYZE, TIMING off) ${sql}`, values),
  );
  return rows.map((row) => row["QUERY PLAN"]);
}

it("has a part for every span in which there was mail, and all rows in theirs", async () => {
  const { rows } = await world.pool.query("SELECT low, high FROM parts ORDER BY low");
  expect(rows).toHaveLength(SPANS);
  for (const table of ["messages", "recipients", "attempts", "audit"])
    expect((await world.pool.query(`SELECT DISTINCT tableoid FROM ${table}`)).rowCount).toBe(SPANS);
});

it.each([
  "SELECT * FROM messages WHERE tenant = 'acme' AND id = $1",
  "SELECT * FROM recipients WHERE tenant = 'acme' AND message_id = ANY(ARRAY[$1])",
  "SELECT * FROM attempts WHERE tenant = 'acme' AND message_id = $1 ORDER BY seq",
  "SELECT * FROM audit WHERE tenant = 'acme' AND message_id = $1 ORDER BY seq",
])("looks for a message in one part: %s", async (sql) => {
  const { rows } = await world.pool.query<{ id: string }>(
    "SELECT id FROM messages WHERE tenant = 'acme' ORDER BY id LIMIT 1 OFFSET 20",
  );
  expect(partsOf(await explain(sql, [rows[0]?.id ?? ""]))).toHaveLength(1);
});

it("reads a page of the newest from the last part alone", async () => {
  const sql = "SELECT id FROM messages WHERE tenant = 'acme' ORDER BY id DESC LIMIT 3";
  const plan = await explain(sql, []);
  expect(partsOf(plan)).toHaveLength(SPANS);
  expect(plan.filter((line) => /on messages_\d+ .*never executed/.test(line))).toHaveLength(
    SPANS - 1,
  );
  expect(plan.join("\n")).not.toMatch(/Sort|Seq Scan|Merge/);
});

it("is rebuilt with parts of other days as the same rows", async () => {
  const before = await world.rows();
  const { nats, postgres } = world.engines;
  expect(await rebuild(nats, postgres.url, silent, 7)).toMatchObject({ identical: true });
  expect(await world.rows()).toEqual(before);
  const { rows } = await world.pool.query("SELECT FROM parts");
  expect(rows.length).toBeLessThan(SPANS);
});
