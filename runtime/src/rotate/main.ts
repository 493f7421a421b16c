// `npm run rotate`: changes the master key, with the relay stopped; `-- --data-keys`: the data keys as well.
import { type Config, configFromEnvironment } from "../config.ts";
import { startEngines } from "../engines/engines.ts";
import { type Logger, makeLogger } from "../logger.ts";
import { connectNats } from "../nats.ts";
import { runProgram } from "../run-program.ts";
import { masterKeys } from "./keys.ts";
import { rotate, type Rotated } from "./rotate.ts";

async function rotateOn(natsUrl: string, config: Config, log: Logger): Promise<Rotated> {
  const nats = await connectNats(natsUrl, "rotate", log);
  try {
    const keys = masterKeys(config);
    const rotated = await rotate(
      nats,
      keys,
      process.argv.includes("--data-keys"),
      config.WAYBILL_REPLICAS,
    );
    keys.finish();
    return rotated;
  } finally {
    await nats.close();
  }
}

async function main(): Promise<void> {
  const config = configFromEnvironment();
  const log = makeLogger("error", "rotate");
  const { WAYBILL_DATA: dataFolder, NATS_URL, NATS_SERVER_BIN: natsServerBin } = config;
  const engines = await startEngines({
    dataFolder,
    natsUrl: NATS_URL,
    databaseUrl: "none",
    natsServerBin,
    log,
  });
  try {
    console.log(JSON.stringify(await rotateOn(engines.natsUrl, config, log)));
  } finally {
    await engines.stop();
  }
}

await runProgram(main);
