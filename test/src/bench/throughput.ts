import { readOptions } from "./options.ts";
import { report } from "./report.ts";
import { resultOf } from "./result.ts";
import { runBench } from "./run.ts";
import { withStack } from "./with-stack.ts";

const options = readOptions(process.argv.slice(2));
await withStack(async (stack) => {
  const result = resultOf(await runBench(options, stack));
  console.log(report(result));
  console.log(JSON.stringify(result));
});
