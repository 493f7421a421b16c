import { readOptions } from "./options.ts";
import { report } from "./report.ts";
import { resultOf } from "./result.ts";
import { runBench } from "./run.ts";

const options = readOptions(process.argv.slice(2));
const stack = new AsyncDisposableStack();
let stopped: Promise<void> | undefined;
const stop = (): Promise<void> => (stopped ??= stack.disposeAsync());
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(130)));
}
try {
  const result = resultOf(await runBench(options, stack));
  console.log(report(result));
  console.log(JSON.stringify(result));
} finally {
  await stop();
}
