import type { Config } from "../config.ts";
import { startEngines } from "../engines/engines.ts";
import { firstStart } from "../first-start.ts";
import type { Logger } from "../logger.ts";
import { connectNats } from "../nats.ts";
import { loadSecrets } from "../secrets.ts";
import type { StageName } from "../settings.ts";
import { ensureStreams } from "../streams.ts";
import { StageGroup } from "./group.ts";

/** Stages that share a process (ADR 0001). */
const GROUPS: readonly (readonly StageName[])[] = [["ingress"], ["actors"], ["projections", "api"]];

/** Milliseconds a child may take to drain. */
const PATIENCE = 7000;

const needsDatabase = (stages: readonly StageName[]): boolean =>
  stages.some((one) => one === "projections" || one === "api");

async function prepare(natsUrl: string, config: Config, log: Logger): Promise<void> {
  const nats = await connectNats(natsUrl, "waybill-parent", log);
  await ensureStreams(nats);
  await firstStart(nats, config, loadSecrets(config.WAYBILL_DATA, config.WAYBILL_SECRET));
  await nats.close();
}

/**
 * The relay as one command: engines, then the stages in child processes of their own.
 * @param program what a child runs, with `--stages=`
 * @returns how to stop it, in the order: no new mail, what is in hand finished, engines.
 */
export async function runParent(
  config: Config,
  stages: readonly StageName[],
  program: string,
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  const engines = await startEngines({
    dataFolder: config.WAYBILL_DATA,
    natsUrl: config.NATS_URL,
    databaseUrl: needsDatabase(stages) ? config.DATABASE_URL : (config.DATABASE_URL ?? "none"),
    natsServerBin: config.NATS_SERVER_BIN,
    log,
  });
  const env = { ...process.env, NATS_URL: engines.natsUrl, DATABASE_URL: engines.databaseUrl };
  const groups = GROUPS.map((group) => group.filter((one) => stages.includes(one)))
    .filter((group) => group.length > 0)
    .map((group) => new StageGroup({ stages: group, program, env, log }));
  const stop = async () => {
    await Promise.all(groups.map((group) => group.stop(PATIENCE)));
    await engines.stop();
  };
  try {
    await prepare(engines.natsUrl, config, log);
    await Promise.all(groups.map((group) => group.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
