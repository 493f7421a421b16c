// `npm run rebuild`: builds the views anew from the log while the relay goes on working.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Config,
  configFromEnvironment,
  connectNats,
  makeLogger,
  StartError,
} from "@waybill/runtime";
import { rebuild } from "./rebuild.ts";

type Engines = { natsUrl: string; databaseUrl: string };

/** Those the environment names, else those a running relay keeps. @throws StartError */
async function findEngines(config: Config): Promise<Engines> {
  const { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, WAYBILL_DATA: folder } = config;
  if (natsUrl !== undefined && databaseUrl !== undefined) return { natsUrl, databaseUrl };
  const text = await readFile(join(folder, "engines.json"), "utf8").catch((cause: unknown) => {
    const hint = "start the relay, or set NATS_URL and DATABASE_URL";
    throw new StartError(`no relay runs on the data folder ${folder}`, hint, { cause });
  });
  return JSON.parse(text) as Engines;
}

async function main(): Promise<void> {
  const config = configFromEnvironment();
  const log = makeLogger("error", "rebuild");
  const { natsUrl, databaseUrl } = await findEngines(config);
  const nats = await connectNats(natsUrl, "rebuild", log);
  try {
    console.log(JSON.stringify(await rebuild(nats, databaseUrl, log)));
  } finally {
    await nats.close();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(`${error.message}; ${error.hint}`);
  process.exitCode = 1;
}
