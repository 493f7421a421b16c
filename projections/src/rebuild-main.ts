// `npm run rebuild`: builds the views anew from the log while the relay goes on working.
import {
  type Config,
  configFromEnvironment,
  connectNats,
  makeLogger,
  runProgram,
} from "@waybill/runtime";
import { keptEngines } from "@waybill/runtime/engines";
import { partDaysOf } from "./parts/bounds.ts";
import { rebuild } from "./rebuild.ts";

/** Those the environment names, else those a running relay keeps. @throws StartError */
async function findEngines(config: Config) {
  const { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, WAYBILL_DATA: folder } = config;
  if (natsUrl !== undefined && databaseUrl !== undefined) return { natsUrl, databaseUrl };
  return keptEngines(folder);
}

async function main(): Promise<void> {
  const config = configFromEnvironment();
  const log = makeLogger("error", "rebuild");
  const { natsUrl, databaseUrl } = await findEngines(config);
  const partDays = partDaysOf(config.WAYBILL_EVENTS_DAYS);
  const nats = await connectNats(natsUrl, "rebuild", log);
  try {
    console.log(JSON.stringify(await rebuild(nats, databaseUrl, log, partDays)));
  } finally {
    await nats.close();
  }
}

await runProgram(main);
