// `npm run erasures`: lists the erasures of all tenants, for a restore to repeat; `-- --since <time>`: those since then.
import { parseArgs } from "node:util";
import { runProgram } from "../run-program.ts";
import { StartError } from "../start-error.ts";
import { withKeptLog } from "../with-kept-log.ts";
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
  await withKeptLog("erasures", async (nats) => {
    for (const one of await listErasures(nats, since)) console.log(JSON.stringify(one));
  });
}

await runProgram(main);
