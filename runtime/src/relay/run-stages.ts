import { makeBodyStore } from "../bodies.ts";
import type { Config } from "../config.ts";
import { followDirectory } from "../directory.ts";
import { makeLog } from "../log.ts";
import type { Logger } from "../logger.ts";
import { connectNats } from "../nats.ts";
import { loadSecrets } from "../secrets.ts";
import type { StageName } from "../settings.ts";
import type { RunningStage, Stage } from "../stage.ts";
import { ensureStreams } from "../streams.ts";

/** How to load each stage; only those that run are loaded. */
export type StageModules = Record<StageName, () => Promise<{ stage: Stage }>>;

/** Starts stages in this process, on engines that run. @throws StartError */
export async function runStages(
  names: readonly StageName[],
  modules: StageModules,
  config: Config,
  urls: { natsUrl: string; databaseUrl: string },
  log: Logger,
): Promise<RunningStage> {
  const secrets = loadSecrets(config.WAYBILL_DATA, config.WAYBILL_SECRET);
  const nats = await connectNats(urls.natsUrl, `waybill-${names.join("-")}`, log);
  await ensureStreams(nats);
  const directory = await followDirectory(nats);
  const lanes = config.WAYBILL_LANES;
  const events = makeLog(nats, lanes);
  const bodies = makeBodyStore(nats, lanes);
  const { databaseUrl } = urls;
  const context = { config, log, nats, events, bodies, directory, secrets, databaseUrl };
  const running: RunningStage[] = [];
  for (const name of names) {
    const { stage } = await modules[name]();
    running.push(await stage(context));
  }
  return {
    drain: async () => {
      await Promise.all(running.map((stage) => stage.drain()));
      await directory.stop();
      await nats.close();
    },
  };
}
