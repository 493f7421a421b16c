import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { startEngines } from "../engines/engines.ts";
import { lockDataFolder } from "../engines/lock.ts";
import type { Logger } from "../logger.ts";
import { connectNats, type Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";

type Server = { natsUrl: string; stop(): Promise<void> };

/** The log to take a backup of. */
export type Source = { nats: Nats; close: () => Promise<void> };

/** Whether a relay runs on a data folder. */
async function isInUse(folder: string): Promise<boolean> {
  try {
    const unlock = await lockDataFolder(folder);
    await unlock();
    return false;
  } catch {
    return true;
  }
}

const elsewhere = (natsUrl: string): Server => ({ natsUrl, stop: async () => undefined });

/** A server that the environment names, else that of the running relay, else one of our own on its data. */
async function findServer(config: Config, log: Logger): Promise<Server> {
  const { NATS_URL: natsUrl, WAYBILL_DATA: dataFolder, NATS_SERVER_BIN: natsServerBin } = config;
  if (natsUrl !== undefined) return elsewhere(natsUrl);
  if (!existsSync(join(dataFolder, "nats")))
    throw new StartError(
      `there is no log in the data folder ${dataFolder}`,
      "set WAYBILL_DATA, or NATS_URL",
    );
  if (!(await isInUse(dataFolder)))
    return startEngines({ dataFolder, databaseUrl: "none", natsServerBin, log });
  const announced = await readFile(join(dataFolder, "engines.json"), "utf8").catch(() => {
    const why = `the data folder ${dataFolder} is in use by a process that does not say where its log is`;
    throw new StartError(why, "wait until it has started, or has ended");
  });
  return elsewhere((JSON.parse(announced) as { natsUrl: string }).natsUrl);
}

/** A lost connection would leave a gap in what is being received: it ends everything instead. */
async function endOnDisconnect({ nc }: Nats): Promise<void> {
  for await (const { type } of nc.status()) if (type === "disconnect") await nc.close();
}

/** Connects to the log, of a relay that runs or of one that is stopped. @throws StartError */
export async function openSource(config: Config, log: Logger): Promise<Source> {
  const server = await findServer(config, log);
  try {
    const nats = await connectNats(server.natsUrl, "backup", log);
    void endOnDisconnect(nats);
    const close = async () => {
      await nats.close();
      await server.stop();
    };
    return { nats, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
