import { collectAfterLoading } from "../collect.ts";
import { ALL_STAGES, configFromEnvironment, type Config } from "../config.ts";
import { makeLogger, type Logger } from "../logger.ts";
import type { StageName } from "../settings.ts";
import { StartError } from "../start-error.ts";
import type { StageModules } from "./run-stages.ts";
import { linesToPaste } from "./terminal.ts";

/** Milliseconds after which a stop ends the process whatever is left; children and engines end with it. */
const STOP_AT_MOST = 9500;

/** Milliseconds between two looks at whether npm, which started us, is still there. */
const LOOK_FOR_NPM = 1000;

function stopOnSignal(stop: () => Promise<void>, log: Logger): void {
  let stopping = false;
  const once = (why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, "stopping");
    setTimeout(() => process.exit(1), STOP_AT_MOST).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "stop failed");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => once(signal));
  if (process.env.npm_lifecycle_event !== undefined) whenParentGone(() => once("npm is gone"));
}

/** A killed npm leaves its programs running; we end with it. No event tells of it, only the parent's id. */
function whenParentGone(then: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) then();
  }, LOOK_FOR_NPM).unref();
}

/** Named stages on engines elsewhere need no parent: they run in this process. */
async function runAlone(
  config: Config,
  names: readonly StageName[],
  modules: StageModules,
  log: Logger,
) {
  const { runStages } = await import("./run-stages.ts");
  const running = await runStages({ names, modules, config, log, isFirst: true });
  return { stop: () => running.drain() };
}

const isExternal = (config: Config, stages: readonly StageName[]): boolean =>
  config.NATS_URL !== undefined &&
  (config.DATABASE_URL !== undefined ||
    !stages.some((one) => one === "projections" || one === "api"));

async function start(program: string, modules: StageModules): Promise<void> {
  const config = configFromEnvironment();
  const stages = config.WAYBILL_STAGES ?? ALL_STAGES;
  const log = makeLogger(config.WAYBILL_LOG_LEVEL, config.WAYBILL_STAGES?.join(",") ?? "relay");
  const alone = config.WAYBILL_STAGES !== undefined && isExternal(config, stages);
  const running = alone
    ? await runAlone(config, stages, modules, log)
    : await (await import("./parent.ts")).runParent(config, stages, program, log);
  stopOnSignal(() => running.stop(), log);
  const { WAYBILL_SMTP_PORT: smtp, WAYBILL_SMTPS_PORT: smtps, WAYBILL_API_PORT: api } = config;
  log.info({ host: config.WAYBILL_HOST, smtp, smtps, api, stages, pid: process.pid }, "ready");
  collectAfterLoading();
  if (process.stdout.isTTY) process.stdout.write(linesToPaste(config));
}

/** What a child is to do: run stages, or fill the compile cache for them. */
const TASK = /^--(compile|stages)=(.*)$/;

async function runAsChild([, task, given = ""]: string[], modules: StageModules) {
  const child = await import("./child.ts");
  if (task === "compile") return child.compileAll(modules);
  return child.runChild(given.split(",") as StageName[], modules, {
    isFirst: process.argv.includes("--first"),
    isAgain: process.argv.includes("--again"),
  });
}

/**
 * Runs the relay; or, with `--stages=`, those stages as a child of it; or compiles it, with `--compile=`. A relay that cannot start ends
 * the process with one line that says why, and a hint.
 */
export async function runRelay(program: string, modules: StageModules): Promise<void> {
  const task = process.argv.map((one) => TASK.exec(one)).find((one) => one !== null);
  if (task !== undefined) return runAsChild(task, modules);
  try {
    await start(program, modules);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`waybill cannot start: ${error.message}\n  hint: ${error.hint}\n`);
    process.exit(1);
  }
  return undefined;
}
