import { makeSecrets } from "@waybill/runtime";
import {
  apiPassword,
  apiUrl,
  openPool,
  type Pool,
  transaction,
  withTenant,
} from "@waybill/runtime/postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silent } from "../testing/engines.ts";
import { longConfiguration } from "../testing/configuration.ts";
import { longHistory } from "../testing/history.ts";
import { World } from "../testing/world.ts";
import { migrate } from "./migrate.ts";

const SHARED = ["checkpoint", "parts", "schema_version", "swept"];
const secrets = makeSecrets("a master key of thirty-two characters");

let world: World;
let api: Pool;
let tables: string[];
let parts: string[];

beforeAll(async () => {
  world = await World.start();
  await migrate(world.pool, "views", apiPassword(secrets));
  const live = world.project(500);
  await world.caughtUp(await world.append(longHistory(200, 7)));
  await world.activityCaughtUp(await world.configure(longConfiguration(50, 7)));
  await live.stop();
  await world.pool.query("ANALYZE");
  api = await openPool(apiUrl(world.engines.postgres.url, secrets), { log: silent });
  const { rows } = await world.pool.query<{ relname: string; relispartition: boolean }>(
    `SELECT relname, relispartition FROM pg_class
     WHERE relnamespace = 'views'::regnamespace AND relkind IN ('r','v','m','p')`,
  );
  const named = (some: typeof rows) => some.map(({ relname }) => relname);
  tables = named(rows.filter((one) => !one.relispartition)).filter((one) => !SHARED.includes(one));
  parts = named(rows.filter((one) => one.relispartition));
});

afterAll(async () => {
  await api.end();
  await world[Symbol.asyncDispose]();
});

const tenantsIn = (table: string) => `SELECT DISTINCT tenant FROM ${table}`;

it("forces row-level security on every table but those without a tenant", async () => {
  const { rows } = await world.pool.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = 'views'::regnamespace
       AND relrowsecurity AND relforcerowsecurity`,
  );
  expect(rows.map(({ relname }) => relname).toSorted()).toEqual([...tables, ...parts].toSorted());
  expect(tables.length).toBeGreaterThanOrEqual(5);
  expect(parts.length).toBeGreaterThanOrEqual(4);
});

it("shows a tenant its own rows in every table, and nobody else's", async () => {
  for (const table of tables) {
    const all = await world.pool.query(tenantsIn(table));
    expect(all.rowCount).toBe(3);
    const seen = await withTenant(api, "acme", (tx) => tx.query(tenantsIn(table)));
    expect(seen.rows).toEqual([{ tenant: "acme" }]);
    const others = `SELECT FROM ${table} WHERE tenant <> 'acme'`;
    expect((await withTenant(api, "acme", (tx) => tx.query(others))).rowCount).toBe(0);
  }
});

it("shows nothing without a tenant, also on a connection that had one", async () => {
  for (const table of tables) {
    await withTenant(api, "acme", (tx) => tx.query(tenantsIn(table)));
    expect((await api.query(tenantsIn(table))).rowCount).toBe(0);
  }
});

it("refuses to read a part that is addressed directly, also with the tenant of its rows", async () => {
  for (const part of parts)
    await expect(withTenant(api, "acme", (tx) => tx.query(`TABLE ${part}`))).rejects.toThrow(
      /permission denied/,
    );
});

it("refuses to make a part", async () => {
  const made = api.query("SELECT make_part('mine', 'a', 'b')");
  await expect(made).rejects.toThrow(/permission denied for function/);
});

it("refuses every write of the API's role", async () => {
  for (const table of [...tables, ...parts, ...SHARED])
    for (const sql of [
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `INSERT INTO ${table} DEFAULT VALUES`,
      `DROP TABLE ${table}`,
      `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`,
    ])
      await expect(withTenant(api, "acme", (tx) => tx.query(sql))).rejects.toThrow(
        /permission denied|must be owner/,
      );
  await expect(api.query("CREATE TABLE views.mine ()")).rejects.toThrow(/permission denied/);
});

const FILTERS = [
  ["messages_pkey", "messages WHERE tenant = 'acme' AND id < '01J' ORDER BY id DESC"],
  ["messages_by_status", "messages WHERE tenant = 'acme' AND status = 'dead' ORDER BY id DESC"],
  [
    "messages_by_sender",
    "messages WHERE tenant = 'acme' AND sender_lower = lower('A') ORDER BY id",
  ],
  ["messages_by_credential", "messages WHERE tenant = 'acme' AND credential = 'c' ORDER BY id"],
  ["recipients_by_address", "recipients WHERE tenant = 'acme' AND address_lower = lower('A')"],
  ["recipients_dead", "recipients WHERE tenant = 'acme' AND status = 'dead' ORDER BY message_id"],
  ["attempts_pkey", "attempts WHERE tenant = 'acme' AND message_id = '01J' ORDER BY seq"],
  [
    "attempts_by_provider",
    "attempts WHERE tenant = 'acme' AND provider = 'p' AND class = 'retry' ORDER BY seq DESC",
  ],
  ["audit_pkey", "audit WHERE tenant = 'acme' AND message_id = '01J' ORDER BY seq"],
  ["activity_pkey", "activity WHERE tenant = 'acme' AND seq < 17 ORDER BY seq DESC"],
  ["activity_by_actor", "activity WHERE tenant = 'acme' AND actor = 'a' ORDER BY seq DESC"],
  [
    "activity_by_entity",
    "activity WHERE tenant = 'acme' AND kind = 'provider' AND id = 'one' ORDER BY seq DESC",
  ],
];

const indexesOfParts = async (index: string): Promise<string[]> => {
  const sql =
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass";
  const { rows } = await world.pool.query<{ name: string }>(sql, [index]);
  return rows.map(({ name }) => name);
};

it.each(FILTERS)("lets the API use the index %s", async (index, filter) => {
  const plan = await transaction(api, async (tx) => {
    await tx.query("SET LOCAL enable_seqscan = off");
    await tx.query("SET LOCAL enable_sort = off");
    await tx.query("SET LOCAL enable_bitmapscan = off");
    return JSON.stringify(await tx.query(`EXPLAIN SELECT * FROM ${filter}`));
  });
  const names = [index, ...(await indexesOfParts(index))];
  expect(names.some((name) => plan.includes(`using ${name} `))).toBe(true);
  expect(plan).not.toMatch(/Sort|Seq Scan/);
});
