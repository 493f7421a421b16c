// `npm run verify`: holds the log against its hash chains; `-- --tenant <tenant> [--head <hash>]`: those of one tenant.
import { parseArgs } from "node:util";
import { runProgram } from "../run-program.ts";
import { StartError } from "../start-error.ts";
import { withKeptLog } from "../with-kept-log.ts";
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
  await withKeptLog("verify", async (nats) => {
    for await (const report of verifyChains(nats, chains)) {
      console.log(JSON.stringify(report));
      if (report.fault !== undefined) process.exitCode = 1;
    }
  });
}

await runProgram(main);
