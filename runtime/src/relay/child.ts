import { spawn } from "node:child_process";
import { once } from "node:events";
import { configFromEnvironment } from "../config.ts";
import { flagsOf } from "./flags.ts";
import { makeLogger } from "../logger.ts";
import { StartError } from "../start-error.ts";
import type { StageName } from "../settings.ts";
import { runStages, type StageModules } from "./run-stages.ts";

/** The stages whose flags change what V8 compiles: what the others compiled is of no use to them. */
const APART: readonly StageName[] = ["projections", "api"];

/** Loads the stages and ends: the compile cache is written on the way out. */
export async function compileAll(program: string, modules: StageModules): Promise<void> {
  const apart = spawn(process.execPath, [...flagsOf(APART), program, `--compile=${APART.join()}`]);
  await Promise.all([
    ...Object.values(modules).map((load) => load()),
    import("./parent.ts"),
    once(apart, "exit"),
  ]);
}

/** Loads some stages and ends, as above. */
export async function compileSome(given: string, modules: StageModules): Promise<void> {
  await Promise.all(given.split(",").map((name) => modules[name as StageName]()));
}

/** What a child tells its parent. */
export type ChildMessage = { type: "ready" } | { type: "failed"; message: string; hint: string };

/** A parent that is gone cannot be told; losing it ends us anyway. */
const tell = (message: ChildMessage): void => {
  process.send?.(message, () => undefined);
};

/**
 * Runs stages as a child of the relay: tells the parent when they are ready, drains when it is told
 * to or gets SIGTERM, and ends at once when the parent is gone.
 */
export async function runChild(
  names: readonly StageName[],
  modules: StageModules,
  { isFirst, isAgain }: { isFirst: boolean; isAgain: boolean },
): Promise<void> {
  process.on("disconnect", () => process.exit(1));
  const config = configFromEnvironment();
  const log = makeLogger(config.WAYBILL_LOG_LEVEL, names.join(","));
  try {
    const stages = await runStages({ names, modules, config, log, isFirst, isAgain });
    const end = () =>
      void stages.drain().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, "drain failed");
          process.exit(1);
        },
      );
    process.once("SIGTERM", end);
    process.once("message", end);
    tell({ type: "ready" });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    tell({ type: "failed", message: error.message, hint: error.hint });
    process.exitCode = 1;
    process.disconnect();
  }
}
