import { mkdir, readdir, readFile, realpath, stat, writeFile, chown } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";

import type { EngineLog } from "./engine.ts";
import { startEngines } from "./engines.ts";
import type { Engines, EnginesOptions } from "./engines.ts";
import { StartError } from "../start-error.ts";
import { isTraversable } from "./copy-for-all.ts";
import { isAlive, NATS_SERVER_BIN, pidIn, publish } from "./testing/kit.ts";
import { query, QUIET, startHolder, stored, temporaryFolder, until } from "./testing/kit.ts";

const root = process.getuid?.() === 0;
const openProject = await isTraversable(import.meta.dirname);
const NOBODY = { uid: 65534, gid: 65534 };

/** Engines that are stopped at the end of the block, if not before. */
async function start(
  dataFolder: string,
  options: Partial<EnginesOptions> = {},
): Promise<Engines & AsyncDisposable> {
  const common = { dataFolder, natsServerBin: NATS_SERVER_BIN, log: QUIET };
  const engines = await startEngines({ ...common, ...options });
  return { ...engines, [Symbol.asyncDispose]: () => engines.stop() };
}

/** The process ids of both engines, from their own pid files. */
async function pids(dataFolder: string): Promise<number[]> {
  const files = ["nats/nats.pid", "postgres/pgdata/postmaster.pid"];
  return Promise.all(files.map((file) => pidIn(join(dataFolder, file))));
}

async function writeSomething({ natsUrl, databaseUrl }: Pick<Engines, "natsUrl" | "databaseUrl">) {
  await publish(natsUrl);
  await query(databaseUrl, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)");
}

async function expectKept({ natsUrl, databaseUrl }: Pick<Engines, "natsUrl" | "databaseUrl">) {
  expect(await stored(natsUrl)).toBe(1);
  expect((await query(databaseUrl, "SELECT id FROM kept")).rows).toEqual([{ id: 1 }]);
}

const allGone = async (ids: number[]) =>
  (await Promise.all(ids.map(isAlive))).every((alive) => !alive);

test("a start in a fresh folder announces the engines, and a restart keeps their data", async () => {
  await using folder = await temporaryFolder();
  const announcement = join(folder.path, "engines.json");
  await using first = await start(folder.path);
  const { natsUrl, databaseUrl } = first;
  expect(JSON.parse(await readFile(announcement, "utf8"))).toEqual({ natsUrl, databaseUrl });
  expect((await stat(announcement)).mode & 0o777).toBe(0o600);
  await writeSomething(first);
  const ids = await pids(folder.path);
  await first.stop();
  expect(await allGone(ids)).toBe(true);
  await expect(readFile(announcement)).rejects.toThrow("ENOENT");

  await using second = await start(folder.path);
  await expectKept(second);
});

test("engines killed hard are back on the same address with their data", async () => {
  await using folder = await temporaryFolder();
  const warn = vi.fn<EngineLog["warn"]>();
  await using engines = await start(folder.path, { log: { ...QUIET, warn } });
  await writeSomething(engines);
  const before = await pids(folder.path);
  for (const pid of before) process.kill(pid, "SIGKILL");
  await until(() => stored(engines.natsUrl).then(Boolean, () => false));
  await until(() => query(engines.databaseUrl, "SELECT").then(Boolean, () => false));
  await expectKept(engines);
  expect(warn).toHaveBeenCalledWith(
    { engine: "nats", exit: "SIGKILL" },
    "engine died, starting it again",
  );
  expect(warn).toHaveBeenCalledWith(
    expect.objectContaining({ engine: "postgres" }),
    expect.any(String),
  );
});

test("when the holder is killed hard no engine is left, and the next start keeps the data", async () => {
  await using folder = await temporaryFolder();
  await using holder = await startHolder(folder.path);
  const { natsUrl = "", databaseUrl = "" } = holder.printed;
  await writeSomething({ natsUrl, databaseUrl });
  const ids = await pids(folder.path);
  expect(await allGone(ids)).toBe(false);
  await holder.killHard();
  await until(() => allGone(ids));

  await using engines = await start(folder.path);
  await expectKept(engines);
});

test("engines that outlived holder and watchdogs are ended by the next start", async () => {
  await using folder = await temporaryFolder();
  await using holder = await startHolder(folder.path);
  const { natsUrl = "", databaseUrl = "" } = holder.printed;
  await writeSomething({ natsUrl, databaseUrl });
  const ids = await pids(folder.path);
  const watchdogs = await watchdogsOf(ids);
  expect(watchdogs).toHaveLength(2);
  for (const pid of watchdogs) process.kill(pid, "SIGKILL");
  await holder.killHard();
  expect(await Promise.all(ids.map(isAlive))).toEqual([true, true]);

  const warn = vi.fn<EngineLog["warn"]>();
  await using engines = await start(folder.path, { log: { ...QUIET, warn } });
  expect(await allGone(ids)).toBe(true);
  expect(warn).toHaveBeenCalledTimes(2);
  await expectKept(engines);
});

/** The shells in the process groups these processes lead, see proc_pid_stat(5). */
async function watchdogsOf(leaders: number[]): Promise<number[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = ids.map((id) => readFile(`/proc/${id}/stat`, "utf8").catch(() => ""));
  return (await Promise.all(stats)).flatMap((line) => {
    const [, pid, group] = /^(\d+) \(sh\) \S \d+ (\d+) /.exec(line) ?? [];
    return leaders.includes(Number(group)) ? [Number(pid)] : [];
  });
}

test("a second holder is told that the folder is in use", async () => {
  await using folder = await temporaryFolder();
  await using engines = await start(folder.path);
  await using second = await startHolder(folder.path);
  expect(second.printed["message"]).toBe(
    `the data folder ${await realpath(folder.path)} is in use by another process`,
  );
  expect(second.printed["hint"]).toContain("WAYBILL_DATA");
  await writeSomething(engines);
  await expectKept(engines);
});

test.skipIf(!root || !openProject)("an ordinary user runs them too", async () => {
  await using folder = await temporaryFolder();
  await chown(folder.path, NOBODY.uid, NOBODY.gid);
  await using holder = await startHolder(folder.path, NOBODY);
  const { natsUrl = "", databaseUrl = "" } = holder.printed;
  await writeSomething({ natsUrl, databaseUrl });
  await expectKept({ natsUrl, databaseUrl });
  const ids = await pids(folder.path);
  const owners = await Promise.all(ids.map((pid) => stat(`/proc/${pid}`)));
  expect(owners.map(({ uid }) => uid)).toEqual([NOBODY.uid, NOBODY.uid]);
  holder.child.kill("SIGTERM");
  await until(() => allGone(ids));

  await using asRoot = await start(folder.path);
  await expectKept(asRoot);
});

test("addresses given are taken as they are, and nothing is started", async () => {
  const given = { natsUrl: "nats://a", databaseUrl: "postgres://b" };
  await using engines = await start("/no/such/folder", given);
  expect(engines).toMatchObject(given);
});

test("a data folder that cannot be made is an StartError", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  await expect(start(join(file, "data"))).rejects.toThrow(StartError);
});

test("when one engine cannot start the other is stopped and the folder is free again", async () => {
  await using folder = await temporaryFolder();
  const pgdata = join(folder.path, "postgres", "pgdata");
  await mkdir(pgdata, { recursive: true });
  await writeFile(join(pgdata, "PG_VERSION"), "17\n");
  const error: unknown = await start(folder.path).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ message: expect.stringContaining("PostgreSQL 17, this is 18") });
  const nats = await readFile(join(folder.path, "nats", "nats.log"), "utf8");
  expect(nats).toContain("Server Exiting");

  await using engines = await start(folder.path, { databaseUrl: "postgres://b" });
  await publish(engines.natsUrl);
});

test("a server that does not start is an StartError with its own last words", async () => {
  await using folder = await temporaryFolder();
  const natsServerBin = join(folder.path, "broken");
  await writeFile(natsServerBin, "#!/bin/sh\necho no luck; exit 3\n", { mode: 0o755 });
  const options = { natsServerBin, databaseUrl: "postgres://b" };
  const error: unknown = await start(folder.path, options).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(StartError);
  expect(error).toMatchObject({ message: "nats did not start (exit code 3): no luck" });
});

test("a cluster left half-made by a crash is made again", async () => {
  await using folder = await temporaryFolder();
  const halfMade = join(folder.path, "postgres", "pgdata.new");
  await mkdir(halfMade, { recursive: true });
  await writeFile(join(halfMade, "PG_VERSION"), "18\n");
  await using engines = await start(folder.path, { natsUrl: "nats://a" });
  expect((await query(engines.databaseUrl, "SHOW wal_compression")).rows).toHaveLength(1);
});
