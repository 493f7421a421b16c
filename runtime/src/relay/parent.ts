import type { Config } from "../config.ts";
import { startEngines } from "../engines/engines.ts";
import type { Logger } from "../logger.ts";
import type { StageName } from "../settings.ts";
import { StageGroup } from "./group.ts";

/** Stages that share a process (ADR 0001). */
const GROUPS: readonly (readonly StageName[])[] = [["ingress"], ["actors"], ["projections", "api"]];

/** Milliseconds a child may take to drain. */
const PATIENCE = 8500;

const needsDatabase = (stages: readonly StageName[]): boolean =>
  stages.some((one) => one === "projections" || one === "api");

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
    .map(
      (group, index) => new StageGroup({ stages: group, isFirst: index === 0, program, env, log }),
    );
  const stop = async () => {
    await Promise.all(groups.map((group) => group.stop(PATIENCE)));
    await engines.stop();
  };
  try {
    await Promise.all(groups.map((group) => group.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
