import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectNats } from "@waybill/runtime";
import { expect, it } from "vitest";
import { rebuild } from "./rebuild.ts";
import { dropLeftovers, LOCK } from "./schema/leftovers.ts";
import { silent } from "./testing/engines.ts";
import { longHistory } from "./testing/history.ts";
import { World } from "./testing/world.ts";

it("gives every row again, while events go on arriving and the live views go on", async () => {
  await using world = await World.start();
  const history = longHistory(3000, 1);
  const live = world.project(100);
  await world.caughtUp(await world.append(history.slice(0, 1500)));
  const arriving = world.append(history.slice(1500));
  const { nats, postgres } = world.engines;
  const first = await rebuild(nats, postgres.url, silent);
  expect(first.identical).toBe(true);
  expect(first.events).toBeGreaterThanOrEqual(1500);

  await world.caughtUp(await arriving);
  const before = await world.rows();
  expect(before["audit"]).toHaveLength(3000);
  const second = await rebuild(nats, postgres.url, silent);
  expect(second).toMatchObject({ events: 3000, identical: true });
  expect(await world.rows()).toEqual(before);
  await live.stop();
});

it("says when the views were not what the log says", async () => {
  await using world = await World.start();
  const live = world.project(100);
  await world.caughtUp(await world.append(longHistory(50, 2)));
  const before = await world.rows();
  await world.pool.query("UPDATE messages SET subject = 'changed by hand'");
  const { nats, postgres } = world.engines;
  expect((await rebuild(nats, postgres.url, silent)).identical).toBe(false);
  expect(await world.rows()).toEqual(before);
  await live.stop();
});

it("lets only one rebuild be at work, and the relay make the views first", async () => {
  await using world = await World.start();
  const { nats, postgres } = world.engines;
  const run = () => rebuild(nats, postgres.url, silent);
  const results = await Promise.allSettled([run(), run()]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  await world.pool.query("DROP SCHEMA views CASCADE");
  await expect(run()).rejects.toThrow("there are no views to rebuild");
});

const schemas = async ({ pool }: World): Promise<string[]> => {
  const { rows } = await pool.query<{ nspname: string }>(
    "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'views%' ORDER BY nspname",
  );
  return rows.map(({ nspname }) => nspname);
};

it("leaves no second views behind, nor does one that was killed once the relay starts", async () => {
  await using world = await World.start();
  const { natsServer, postgres } = world.engines;
  const closed = await connectNats(natsServer.url, "test", silent);
  await closed.close();
  await expect(rebuild(closed, postgres.url, silent)).rejects.toThrow(/closed/i);
  expect(await schemas(world)).toEqual(["views"]);

  await world.pool.query("CREATE SCHEMA views_next");
  const other = await world.pool.connect();
  await other.query("SELECT pg_advisory_lock($1)", [LOCK]);
  await dropLeftovers(world.pool);
  expect(await schemas(world)).toEqual(["views", "views_next"]);
  await other.query("SELECT pg_advisory_unlock($1)", [LOCK]);
  other.release();
  await dropLeftovers(world.pool);
  expect(await schemas(world)).toEqual(["views"]);
});

it("says in one line that no relay runs", async () => {
  const program = join(import.meta.dirname, "rebuild-main.ts");
  const env = { WAYBILL_DATA: import.meta.dirname };
  const run = promisify(execFile)(process.execPath, [program], { env });
  const { code, stderr } = await run.then(
    () => ({ code: 0, stderr: "" }),
    (error: { code: number; stderr: string }) => error,
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/^no relay runs on the data folder .*; start the relay.*\n$/);
});
