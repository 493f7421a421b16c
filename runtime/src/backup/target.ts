import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { openDataFolder } from "../engines/engines.ts";
import { lockDataFolder } from "../engines/lock.ts";
import { startNatsServer } from "../engines/nats-server.ts";
import type { Logger } from "../logger.ts";
import { connectNats, type Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { STREAMS } from "../streams.ts";
import { syncAll, syncFolder } from "./folder.ts";

/** Where a backup is restored to: a log that holds nothing. */
export type Target = {
  nats: Nats;
  /** How many replicas a stream gets that had so many. */
  replicasOf: (had: number) => number;
  /** Makes what was restored the log of the installation. */
  finish(): Promise<void>;
  /** Leaves things as they were. */
  abandon(): Promise<void>;
};

/** Folders of an installation's log and views. */
const TAKEN = ["nats", "postgres"];

/** The log that the environment names, else a new one in the data folder. @throws StartError when there is one already */
export const openTarget = (config: Config, log: Logger): Promise<Target> =>
  config.NATS_URL === undefined
    ? openEmbedded(config, log)
    : openExternal(config.NATS_URL, config, log);

/** In a cluster as many as they had, or as many as are wanted now, if that is more. */
const replicasIn =
  ({ nc }: Nats, wanted: number) =>
  (had: number): number =>
    nc.info?.cluster === undefined ? 1 : Math.max(had, wanted);

async function openExternal(url: string, config: Config, log: Logger): Promise<Target> {
  const nats = await connectNats(url, "restore", log);
  const found: string[] = [];
  for await (const name of nats.jsm.streams.names())
    if (Object.values<string>(STREAMS).includes(name)) found.push(name);
  const remove = async () => {
    for (const name of Object.values(STREAMS))
      await nats.jsm.streams.delete(name).catch(() => undefined);
    await nats.close();
  };
  if (found.length === 0) {
    await openDataFolder(config.WAYBILL_DATA);
    return {
      nats,
      replicasOf: replicasIn(nats, config.WAYBILL_REPLICAS),
      finish: () => nats.close(),
      abandon: remove,
    };
  }
  await nats.close();
  throw new StartError(
    `the log is not empty: it has ${found.toSorted().join(", ")}`,
    "restore into another NATS account or server; remove those streams only if nothing needs them",
  );
}

/** It is made beside the place of the log and moved there at the end, so that a relay finds all of it or nothing. */
async function openEmbedded(
  { WAYBILL_DATA, NATS_SERVER_BIN: binary }: Config,
  log: Logger,
): Promise<Target> {
  const data = await openDataFolder(WAYBILL_DATA);
  await using undo = new AsyncDisposableStack();
  undo.defer(await lockDataFolder(data));
  requireEmpty(data);
  const draft = join(data, "nats.unfinished");
  await rm(draft, { recursive: true, force: true });
  undo.defer(() => rm(draft, { recursive: true, force: true }));
  const engine = await startNatsServer({ folder: draft, binary, log });
  undo.defer(() => engine.stop());
  const nats = await connectNats(engine.url, "restore", log);
  undo.defer(() => nats.close());
  const opened = undo.move();
  const finish = async () => {
    await nats.close();
    await engine.stop();
    await syncAll(draft);
    await rename(draft, join(data, "nats"));
    await syncFolder(data);
    await opened.disposeAsync();
  };
  return { nats, replicasOf: () => 1, finish, abandon: () => opened.disposeAsync() };
}

function requireEmpty(data: string): void {
  const found = TAKEN.filter((name) => existsSync(join(data, name)));
  if (found.length === 0) return;
  throw new StartError(
    `the data folder ${data} is not empty: it has ${found.join(" and ")}`,
    "set WAYBILL_DATA to a folder that is not there yet, or move those away",
  );
}
