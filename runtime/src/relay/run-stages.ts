import { openBodies } from "../bodies/open.ts";
import { startBodies } from "../bodies/start.ts";
import type { Config } from "../config.ts";
import { makeCounters } from "../counters.ts";
import { followDirectory } from "../follow-directory.ts";
import { firstStart } from "../first-start.ts";
import { makeLastUses } from "../last-uses.ts";
import { makeLog } from "../log.ts";
import type { Logger } from "../logger.ts";
import { answerMetrics, watchProcess } from "../metrics/mod.ts";
import { connectNats } from "../nats.ts";
import { unlock } from "../master-key.ts";
import { loadMaster } from "../secrets.ts";
import { makeOutbound } from "../outbound/outbound.ts";
import type { StageName } from "../settings.ts";
import { kindsOf } from "./kinds.ts";
import type { RunningStage, Stage } from "../stage.ts";
import { makeSeats } from "../seats/seats.ts";
import { stayWithQuorum } from "../stay-with-quorum.ts";
import { ensureStreams } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { makeVault } from "../vault.ts";

/** How to load each stage; only those that run are loaded. */
export type StageModules = Record<StageName, () => Promise<{ stage: Stage }>>;

export type RunOptions = {
  names: readonly StageName[];
  modules: StageModules;
  config: Config;
  log: Logger;
  /** Whether this process looks after the installation's first start. */
  isFirst: boolean;
  /** It ran before, and is started again because it ended by itself. */
  isAgain?: boolean;
};

/** Starts stages in this process, on engines that run. @throws StartError */
export async function runStages({
  names,
  modules,
  config,
  log,
  isFirst,
  isAgain = false,
}: RunOptions): Promise<RunningStage> {
  const master = loadMaster(config.WAYBILL_DATA, config.WAYBILL_SECRET);
  const nats = await connectNats(config.NATS_URL ?? "", `waybill-${names.join("-")}`, log);
  watchProcess();
  answerMetrics(nats, names.join(","), log);
  await ensureStreams(nats, config.WAYBILL_REPLICAS, log);
  const leaveAlone = await stayWithQuorum(nats);
  const secrets = await untilLed(() => unlock(nats, master));
  if (isFirst) await firstStart(nats, config, secrets);
  const directory = await untilLed(() => followDirectory(nats, kindsOf(names), log));
  const lanes = config.WAYBILL_LANES;
  const kept = { events: makeLog(nats, lanes), bodies: openBodies({ config, nats, log }) };
  const stopBodies = names.includes("ingress")
    ? await startBodies({ config, nats, log, isAgain })
    : undefined;
  const seats = makeSeats(nats, log);
  const counted = { counters: makeCounters(nats), seats, uses: makeLastUses(nats, log) };
  const databaseUrl = config.DATABASE_URL ?? "";
  const vault = makeVault(nats, directory, secrets);
  const outbound = makeOutbound({ allow: config.WAYBILL_OUTBOUND_ALLOW, log });
  const keys = { secrets, vault };
  const known = { config, log, nats, ...kept, directory, ...counted };
  const context = { ...known, ...keys, outbound, databaseUrl };
  const running: RunningStage[] = [];
  for (const name of names) {
    const { stage } = await modules[name]();
    running.push(await stage(context));
  }
  return {
    drain: async () => {
      await Promise.all(running.map((stage) => stage.drain()));
      stopBodies?.();
      await directory.stop();
      await seats.close();
      leaveAlone();
      await nats.close();
    },
  };
}
