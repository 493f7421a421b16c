import { setTimeout as sleep } from "node:timers/promises";

import type { EngineLog } from "./engine.ts";
import { StartError } from "../start-error.ts";
import { lastError } from "./log-file.ts";
import type { LogFile } from "./log-file.ts";
import type { GuardedProcess } from "./watchdog.ts";

const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 5_000;
const STEADY_MS = 10_000;

export interface Supervised {
  name: string;
  spawn(): GuardedProcess;
  isReady(pid: number): Promise<boolean>;
  /** Closed when the engine has been stopped. */
  output: LogFile;
  log: EngineLog;
}

export interface Supervisor {
  readonly pid: number;
  /** Ends the engine as it is, so that it is started again. */
  startAgain(): void;
  stop(): Promise<void>;
}

/**
 * Starts an engine, waits until it is ready, and from then on starts it again whenever it dies,
 * after 100 ms, doubling up to 5 s while it does not live for 10 s. Recovery after a crash takes
 * as long as it takes: a living engine that is not ready yet is waited for without limit.
 * Throws StartError when it dies before it was ever ready.
 */
export async function supervise(engine: Supervised): Promise<Supervisor> {
  const stopped = new AbortController();
  let current = engine.spawn();
  await ready(current, engine).catch(async (error: unknown) => {
    await current.stop();
    engine.output[Symbol.dispose]();
    throw error;
  });
  const watching = watch();

  async function watch(): Promise<void> {
    for (let failures = 0; ; failures++) {
      const startedAt = performance.now();
      const exit = await current.exited;
      if (stopped.signal.aborted) return;
      if (performance.now() - startedAt > STEADY_MS) failures = 0;
      engine.log.warn({ engine: engine.name, exit }, "engine died, starting it again");
      await pause(failures, stopped.signal);
      if (stopped.signal.aborted) return;
      current = engine.spawn();
      void announce(current, engine);
    }
  }

  async function stop(): Promise<void> {
    if (stopped.signal.aborted) return watching;
    stopped.abort();
    await current.stop();
    await watching;
    engine.output[Symbol.dispose]();
  }

  return {
    get pid() {
      return current.pid;
    },
    startAgain: () => void current.stop(),
    stop,
  };
}

async function ready(child: GuardedProcess, engine: Supervised): Promise<void> {
  let exit: string | undefined;
  void child.exited.then((words) => (exit = words));
  while (!(await engine.isReady(child.pid))) {
    if (exit !== undefined) {
      const message = `${engine.name} did not start (${exit}): ${await lastError(engine.output)}`;
      throw new StartError(message, `see ${engine.output.path}`);
    }
    await sleep(10);
  }
}

async function announce(child: GuardedProcess, engine: Supervised): Promise<void> {
  const fields = { engine: engine.name, pid: child.pid };
  try {
    await ready(child, engine);
    engine.log.info(fields, "engine is back");
  } catch (err) {
    engine.log.error({ ...fields, err }, "engine did not come back");
  }
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** failures, LAST_DELAY_MS);
  await sleep(delay, undefined, { signal }).catch(() => undefined);
}
