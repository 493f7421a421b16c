// `npm run erasures`: lists the erasures of all tenants, for a restore to repeat; `-- --since <time>`: those since then.
import { parseArgs } from "node:util";
import { configFromEnvironment } from "../config.ts";
import { keptEngines } from "../engines/kept-engines.ts";
import { makeLogger } from "../logger.ts";
import { connectNats } from "../nats.ts";
import { runProgram } from "../run-program.ts";
import { StartError } from "../start-error.ts";
import { listErasures } from "./repeat.ts";

function sinceAsked(): Date {
  try {
    const { since = 0 } = parseArgs({ options: { since: { type: "string" } } }).values;
    const time = new Date(since);
    if (!Number.isNaN(time.getTime())) return time;
  } catch {
    // Told below.
  }
  const usage = "npm run erasures [-- --since 2026-05-03T00:00:00Z]";
  throw new StartError("the arguments are not understood", usage);
}

async function main(): Promise<void> {
  const since = sinceAsked();
  const { NATS_URL, WAYBILL_DATA } = configFromEnvironment();
  const natsUrl = NATS_URL ?? (await keptEngines(WAYBILL_DATA)).natsUrl;
  const nats = await connectNats(natsUrl, "erasures", makeLogger("error", "erasures"));
  try {
    for (const one of await listErasures(nats, since)) console.log(JSON.stringify(one));
  } finally {
    await nats.close();
  }
}

await runProgram(main);
