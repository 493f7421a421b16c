import { spawn, spawnSync } from "node:child_process";

/** Microseconds by which each sync comes later. */
const DELAY = 100_000;

const QUIET = ["-f", "-qq", "-o", "/dev/null"];

/** Whether `strace` is here, and may trace. */
export const canSlowSyncs = (): boolean =>
  spawnSync("strace", [...QUIET, "-e", "trace=none", "true"], { stdio: "ignore" }).status === 0;

/**
 * Makes every fsync and fdatasync of some processes, and of those that they start, wait before it begins;
 * returns what ends that. Their other system calls are traced as well, and so a little slower.
 */
export function slowSyncs(pids: readonly number[]): () => void {
  const filter = ["-e", "trace=fsync,fdatasync"];
  const delay = ["-e", `inject=fsync,fdatasync:delay_enter=${DELAY}`];
  const traced = pids.flatMap((pid) => ["-p", String(pid)]);
  const tracer = spawn("strace", [...QUIET, ...filter, ...delay, ...traced], { stdio: "ignore" });
  return () => void tracer.kill("SIGINT");
}
