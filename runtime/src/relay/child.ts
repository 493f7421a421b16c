import { collectAfterLoading } from "../collect.ts";
import { configFromEnvironment } from "../config.ts";
import { makeLogger } from "../logger.ts";
import { StartError } from "../start-error.ts";
import type { StageName } from "../settings.ts";
import { runStages, type StageModules } from "./run-stages.ts";

/** Loads the stages and ends: the compile cache is written on the way out. */
export async function compileAll(modules: StageModules): Promise<void> {
  await Promise.all([...Object.values(modules).map((load) => load()), import("./parent.ts")]);
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
    collectAfterLoading();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    tell({ type: "failed", message: error.message, hint: error.hint });
    process.exitCode = 1;
    process.disconnect();
  }
}
