import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rebuild } from "../rebuild.ts";
import { silent } from "../testing/engines.ts";
import { longHistory } from "../testing/history.ts";
import { PASSWORD, World } from "../testing/world.ts";
import { migrate } from "./migrate.ts";

const TABLES = ["messages", "recipients", "attempts", "audit", "activity"];
const PARTITIONED = 9;

/** Puts views as they were before they had parts in the place of these, with the same rows. */
async function downgrade({ pool }: World): Promise<void> {
  await pool.query("ALTER SCHEMA views RENAME TO newer");
  await pool.query("CREATE SCHEMA views");
  await pool.query("CREATE TABLE schema_version (version int PRIMARY KEY)");
  for (const file of (await readdir(import.meta.dirname)).toSorted()) {
    const version = Number.parseInt(file, 10);
    if (!file.endsWith(".sql") || version >= PARTITIONED) continue;
    await pool.query(await readFile(join(import.meta.dirname, file), "utf8"));
    await pool.query("INSERT INTO schema_version VALUES ($1)", [version]);
  }
  for (const table of TABLES) {
    const { rows } = await pool.query<{ names: string }>(
      `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names FROM pg_attribute
       WHERE attrelid = $1::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped`,
      [table],
    );
    const names = rows[0]?.names ?? "";
    await pool.query(`INSERT INTO ${table} (${names}) SELECT ${names} FROM newer.${table}`);
  }
  await pool.query("TRUNCATE checkpoint");
  await pool.query("INSERT INTO checkpoint SELECT name, seq FROM newer.checkpoint");
  await pool.query("DROP SCHEMA newer CASCADE");
}

it("makes what is there the first part, and goes on from there", async () => {
  await using world = await World.start();
  const history = longHistory(600, 12);
  const live = world.project(100);
  await world.caughtUp(await world.append(history.slice(0, 300)));
  await live.stop();
  const before = await world.rows();
  await downgrade(world);
  expect(await world.rows()).toEqual(before);

  await migrate(world.pool, "views", PASSWORD);
  expect(await world.rows()).toEqual(before);
  const { rows: first } = await world.pool.query("SELECT low, name FROM parts");
  expect(first).toEqual([{ low: "", name: "before" }]);
  const { rows: policies } = await world.pool.query(
    "SELECT FROM pg_policy WHERE polrelid = 'messages_before'::regclass",
  );
  expect(policies).toEqual([]);

  const next = world.project(100);
  const later = history.slice(300).map((event) => ({ ...event, time: "2026-03-01T00:00:00.000Z" }));
  const newer = later.map((event, at) =>
    at % 2 === 0 ? event : { ...event, messageId: event.messageId.replace(/^01J/, "01K") },
  );
  await world.caughtUp(await world.append(newer));
  const { rows: parts } = await world.pool.query("SELECT name FROM parts ORDER BY low");
  expect(parts.length).toBeGreaterThanOrEqual(2);
  const { nats, postgres } = world.engines;
  expect(await rebuild(nats, postgres.url, silent)).toMatchObject({ identical: true });
  await next.stop();
});
