import { readOptions } from "./options.ts";
import { complaint, report } from "./report.ts";
import { runChaos } from "./run.ts";

const options = readOptions(process.argv.slice(2), Date.now() % 1_000_000);
const stack = new AsyncDisposableStack();
let stopped: Promise<void> | undefined;
const stop = (): Promise<void> => (stopped ??= stack.disposeAsync());
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(130)));
}
console.log(`seed ${options.seed}`);
try {
  const findings = await runChaos(options, stack, console.log);
  console.log(`\n${report(options, findings)}`);
  const wrong = complaint(options, findings);
  if (wrong !== "") {
    console.error(`\n${wrong}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`seed ${options.seed}:`, error);
  process.exitCode = 1;
} finally {
  await stop();
}
