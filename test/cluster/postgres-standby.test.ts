import { execFileSync } from "node:child_process";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeLogger } from "@waybill/runtime";
import { type Engine, startPostgres } from "@waybill/runtime/engines";
import { openPool } from "@waybill/runtime/postgres";
import { expect, test } from "vitest";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { type Road, roadTo } from "../src/cluster/road.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { freePort } from "../src/relay/free-port.ts";
import { memoryFolder } from "../src/relay/memory-folder.ts";
import { until } from "../src/relay/until.ts";

const log = makeLogger("silent", "test");

async function askAt({ url }: Engine, sql: string): Promise<unknown> {
  const pool = await openPool(url, { log });
  const { rows } = await pool.query({ text: sql, rowMode: "array" });
  await pool.end();
  return rows[0]?.[0];
}

/** A primary and a hot standby that streams from it, each with a way that can be closed. */
async function startPair(stack: AsyncDisposableStack) {
  const folder = memoryFolder();
  stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const start = async (name: string): Promise<Engine> => {
    const engine = await startPostgres({ folder: join(folder, name), log });
    stack.defer(() => engine.stop());
    return engine;
  };
  await (await start("a")).stop();
  execFileSync("cp", ["-a", join(folder, "a"), join(folder, "b")]);
  const primary = await start("a");
  const wire = await roadTo(Number(new URL(primary.url).port));
  stack.defer(() => wire.close());
  const { username, password } = new URL(primary.url);
  const from = `host=127.0.0.1 port=${wire.port} user=${username} password=${password}`;
  appendFileSync(join(folder, "b/pgdata/postgresql.auto.conf"), `primary_conninfo = '${from}'\n`);
  writeFileSync(join(folder, "b/pgdata/standby.signal"), "");
  return { primary, standby: await start("b"), wire };
}

test("a standby that streams takes over for a primary that is lost under load", async () => {
  await using stack = new AsyncDisposableStack();
  const { primary, standby, wire } = await startPair(stack);
  const way = async ({ url }: Engine): Promise<Road> => {
    const road = await roadTo(Number(new URL(url).port), await freePort());
    stack.defer(() => road.close());
    return road;
  };
  const [first, second] = [await way(primary), await way(standby)];
  const hosts = `127.0.0.1:${first.port},127.0.0.1:${second.port}`;
  const database = async () => primary.url.replace(new URL(primary.url).host, hosts);
  await using on = await openOnCluster({ database });
  const { scene } = on;
  const streaming = "SELECT count(*)::int FROM pg_stat_replication WHERE state = 'streaming'";
  expect(await askAt(primary, streaming)).toBe(1);

  const load = scene.load({ mails: 400, connections: 5 });
  await scene.sink.waitFor(({ mails }) => mails.size > 100, 60_000);
  await Promise.all([first.close(), wire.close()]);
  const report = await load;
  expect(report.accepted).toHaveLength(400);
  await scene.sink.waitFor(({ mails }) => mails.size === 400, 60_000);
  const statusOf = async () => (await scene.relay.api("/api/v1/messages")).status;
  expect(await statusOf()).toBe(503);
  expect(await askAt(standby, "SELECT count(*)::int > 0 FROM views.messages")).toBe(true);

  expect(await askAt(standby, "SELECT pg_promote()")).toBe(true);
  await until("the API", async () => (await statusOf()) === 200);
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
}, 300_000);
