import { configFromEnvironment } from "./config.ts";
import { keptEngines } from "./engines/kept-engines.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";

/** Runs a program of an operator on the log that the settings name, or that of the relay which runs on the data folder. */
export async function withKeptLog(name: string, run: (nats: Nats) => Promise<void>): Promise<void> {
  const { NATS_URL, WAYBILL_DATA } = configFromEnvironment();
  const natsUrl = NATS_URL ?? (await keptEngines(WAYBILL_DATA)).natsUrl;
  const nats = await connectNats(natsUrl, name, makeLogger("error", name));
  try {
    await run(nats);
  } finally {
    await nats.close();
  }
}
