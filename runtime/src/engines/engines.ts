import { access, constants, mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Engine, EngineLog } from "./engine.ts";
import { StartError } from "../start-error.ts";
import { writePrivate } from "./files.ts";
import { lockDataFolder } from "./lock.ts";
import { startNatsServer } from "./nats-server.ts";
import { startPostgres } from "./postgres.ts";

export interface EnginesOptions {
  /** Made when it is not there, closed to other users. */
  dataFolder: string;
  /** A NATS server elsewhere; without it one is embedded. */
  natsUrl?: string | undefined;
  /** A PostgreSQL server elsewhere; without it one is embedded. */
  databaseUrl?: string | undefined;
  natsServerBin?: string | undefined;
  log: EngineLog;
}

export interface Engines {
  natsUrl: string;
  databaseUrl: string;
  /** Stops what is embedded, in under five seconds. */
  stop(): Promise<void>;
}

/**
 * Sees to it that there are a NATS server and a Postgres. What is embedded keeps everything in
 * the data folder, ends when this process does, and is announced to other processes of the same
 * user in `engines.json`: `{ natsUrl, databaseUrl }`. Throws StartError, and then leaves nothing
 * running.
 */
export async function startEngines(options: EnginesOptions): Promise<Engines> {
  const { natsUrl, databaseUrl } = options;
  if (natsUrl && databaseUrl) return { natsUrl, databaseUrl, stop: async () => {} };
  const folder = await openDataFolder(options.dataFolder);
  await using undo = new AsyncDisposableStack();
  undo.defer(await lockDataFolder(folder));
  try {
    return await startEmbedded(folder, options, undo);
  } catch (error) {
    throw error instanceof StartError ? error : systemError(error);
  }
}

async function startEmbedded(
  folder: string,
  options: EnginesOptions,
  undo: AsyncDisposableStack,
): Promise<Engines> {
  const [nats, postgres] = await startBoth(folder, options);
  undo.defer(async () => void (await Promise.all([nats.stop(), postgres.stop()])));
  const urls = { natsUrl: nats.url, databaseUrl: postgres.url };
  const announcement = join(folder, "engines.json");
  undo.defer(() => rm(announcement, { force: true }));
  await writePrivate(announcement, `${JSON.stringify(urls, undefined, 2)}\n`);

  const running = undo.move();
  let stopping: Promise<void> | undefined;
  return { ...urls, stop: () => (stopping ??= running.disposeAsync()) };
}

/** A server; of one elsewhere only the address is ours. */
type Server = Pick<Engine, "url" | "stop">;

const elsewhere = async (url: string): Promise<Server> => ({ url, stop: async () => {} });

/** When one cannot start, the other is stopped again. */
async function startBoth(folder: string, options: EnginesOptions): Promise<[Server, Server]> {
  const { natsUrl, databaseUrl, natsServerBin: binary, log } = options;
  const starting: [Promise<Server>, Promise<Server>] = [
    natsUrl ? elsewhere(natsUrl) : startNatsServer({ folder: join(folder, "nats"), binary, log }),
    databaseUrl ? elsewhere(databaseUrl) : startPostgres({ folder: join(folder, "postgres"), log }),
  ];
  try {
    return await Promise.all(starting);
  } catch (error) {
    const started = await Promise.allSettled(starting);
    const running = started.filter((result) => result.status === "fulfilled");
    await Promise.all(running.map(({ value }) => value.stop()));
    throw error;
  }
}

function systemError(cause: unknown): StartError {
  const hint = "the data folder must belong to the user that runs Waybill, on a disk with room";
  return new StartError(`the engines cannot start: ${String(cause)}`, hint, { cause });
}

/** The data folder as a real path, made when it is not there. @throws StartError */
export async function openDataFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.W_OK | constants.X_OK);
    return await realpath(path);
  } catch (cause) {
    const message = `the data folder ${path} is not writable: ${String(cause)}`;
    throw new StartError(message, "set WAYBILL_DATA to a folder this user may write", { cause });
  }
}
