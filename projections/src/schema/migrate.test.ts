import { openPool } from "@waybill/runtime/postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silent } from "../testing/engines.ts";
import { longHistory } from "../testing/history.ts";
import { PASSWORD, World } from "../testing/world.ts";
import { migrate } from "./migrate.ts";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A pool of a role with these attributes, on a database of its own. */
async function poolOf(role: string, attributes: string) {
  await world.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' ${attributes}`);
  await world.pool.query(`CREATE DATABASE ${role} OWNER ${role}`);
  const url = new URL(world.engines.postgres.url);
  [url.username, url.password, url.pathname] = [role, "secret", role];
  return openPool(url.href, { log: silent });
}

it("can be done again, and by several at once", async () => {
  await world.append(longHistory(20, 8));
  const again = () => migrate(world.pool, "views", PASSWORD);
  await Promise.all([again(), again(), again()]);
  const { rows } = await world.pool.query("SELECT version FROM schema_version ORDER BY version");
  expect(rows.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

it("says what a role lacks that may not make roles", async () => {
  const pool = await poolOf("humble", "");
  const error = await migrate(pool, "views", PASSWORD).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ name: "StartError", hint: expect.stringContaining("CREATEROLE") });
  expect(String(error)).not.toContain(PASSWORD);
  await pool.end();
});

it("refuses an API role that row-level security does not hold for", async () => {
  await world.pool.query("ALTER ROLE waybill_api BYPASSRLS");
  await expect(migrate(world.pool, "views", PASSWORD)).rejects.toThrow("bypass");
  await world.pool.query("ALTER ROLE waybill_api NOBYPASSRLS");
});

it("is enough for an owner that is no superuser to write and read", async () => {
  await world.pool.query("DROP OWNED BY waybill_api");
  await world.pool.query("DROP ROLE waybill_api");
  const pool = await poolOf("owner", "CREATEROLE");
  await migrate(pool, "views", PASSWORD);
  await migrate(pool, "views", PASSWORD);
  await pool.query("SELECT make_part('all', '', '~')");
  await pool.query("INSERT INTO audit VALUES (1, 'accepted', '01J', 'acme', '2026-01-01')");
  expect((await pool.query("TABLE audit")).rowCount).toBe(1);
  await pool.end();
});
