// `npm run verify`: holds the log against its hash chains; `-- --tenant <tenant> [--head <hash>]`: those of one tenant.
import { parseArgs } from "node:util";
import { configFromEnvironment } from "../config.ts";
import { keptEngines } from "../engines/kept-engines.ts";
import { makeLogger } from "../logger.ts";
import { connectNats } from "../nats.ts";
import { runProgram } from "../run-program.ts";
import { StartError } from "../start-error.ts";
import { verifyChains } from "./verify.ts";

function asked() {
  const options = { tenant: { type: "string" }, head: { type: "string" } } as const;
  try {
    const { tenant, head } = parseArgs({ options }).values;
    if (head === undefined || tenant !== undefined) return { tenant, head };
  } catch {
    // Told below.
  }
  const usage = "npm run verify [-- --tenant <tenant> [--head <hash>]]";
  throw new StartError("the arguments are not understood", usage);
}

async function main(): Promise<void> {
  const chains = asked();
  const { NATS_URL, WAYBILL_DATA } = configFromEnvironment();
  const natsUrl = NATS_URL ?? (await keptEngines(WAYBILL_DATA)).natsUrl;
  const nats = await connectNats(natsUrl, "verify", makeLogger("error", "verify"));
  try {
    for await (const report of verifyChains(nats, chains)) {
      console.log(JSON.stringify(report));
      if (report.fault !== undefined) process.exitCode = 1;
    }
  } finally {
    await nats.close();
  }
}

await runProgram(main);
