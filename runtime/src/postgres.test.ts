import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Engine } from "./engines/engine.ts";
import { startPostgres } from "./engines/postgres.ts";
import { makeLogger } from "./logger.ts";
import { apiUrl, openPool, type Pool, transaction, withTenant } from "./postgres.ts";
import { makeSecrets } from "./secrets.ts";

const log = makeLogger("silent", "test");
let folder: string;
let engine: Engine;
let pool: Pool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-postgres-"));
  engine = await startPostgres({ folder, log });
  pool = await openPool(engine.url, { log, max: 3, schema: "public" });
  await pool.query("CREATE TABLE notes (text text UNIQUE)");
});

afterAll(async () => {
  await pool.end();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const notes = async () => (await pool.query("SELECT text FROM notes ORDER BY text")).rows;

it("keeps all of a transaction or nothing", async () => {
  await transaction(pool, (tx) => tx.query("INSERT INTO notes VALUES ('kept')"));
  const failing = transaction(pool, async (tx) => {
    await tx.query("INSERT INTO notes VALUES ('lost')");
    throw new Error("second thoughts");
  });
  await expect(failing).rejects.toThrow("second thoughts");
  expect(await notes()).toEqual([{ text: "kept" }]);
});

it("keeps nothing when one of several statements sent together fails", async () => {
  const failing = transaction(pool, (tx) =>
    Promise.all(
      ["one", "kept", "two"].map((text) => tx.query("INSERT INTO notes VALUES ($1)", [text])),
    ),
  );
  await expect(failing).rejects.toThrow("duplicate key");
  expect(await notes()).toEqual([{ text: "kept" }]);
});

it("survives the death of its connections, idle and at work, and goes on", async () => {
  const kill =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'waybill'";
  const atWork = transaction(pool, async (tx) => {
    await pool.query(kill);
    await tx.query("SELECT 1");
  });
  await expect(atWork).rejects.toThrow(/terminat|connection/i);
  await Promise.all([pool.query("SELECT"), pool.query("SELECT"), pool.query("SELECT")]);
  await pool.query(kill);
  expect(await notes()).toEqual([{ text: "kept" }]);
});

it("sets the tenant for one transaction, and not for the next on that connection", async () => {
  const single = await openPool(engine.url, { log, max: 1 });
  const read = "SELECT current_setting('waybill.tenant', true) AS tenant";
  const inside = await withTenant(single, "a'; --", (tx) => tx.query(read));
  expect(inside.rows).toEqual([{ tenant: "a'; --" }]);
  expect((await single.query(read)).rows).toEqual([{ tenant: "" }]);
  await single.end();
});

it("says where it cannot connect, and never the password", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  silent.close();
  const url = `postgres://owner:hunter2@127.0.0.1:${port}/mail`;
  const error = await openPool(url, { log }).catch((cause: unknown) => cause);
  expect(error).toMatchObject({
    name: "StartError",
    hint: expect.stringContaining(`127.0.0.1:${port}`),
  });
  expect(JSON.stringify([String(error), error])).not.toContain("hunter2");
});

it("says what is wrong with a URL, and with a password", async () => {
  await expect(openPool("no url", { log })).rejects.toThrow("DATABASE_URL is not a URL");
  const wrong = apiUrl(engine.url, makeSecrets("a master key of thirty-two characters"));
  await expect(openPool(wrong, { log })).rejects.toThrow(/cannot be used: .*authentication failed/);
});

it("waits for a role that is made a moment later", async () => {
  const url = new URL(engine.url);
  [url.username, url.password] = ["late", "secret"];
  const opening = openPool(url.href, { log, patience: 30_000 });
  await pool.query("CREATE ROLE late LOGIN PASSWORD 'secret'");
  const late = await opening;
  expect((await late.query("SELECT current_user AS me")).rows).toEqual([{ me: "late" }]);
  await late.end();
});
