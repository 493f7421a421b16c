import { fork, type ChildProcess } from "node:child_process";
import type { Logger } from "../logger.ts";
import type { StageName } from "../settings.ts";
import { StartError } from "../start-error.ts";
import type { ChildMessage } from "./child.ts";
import { flagsOf } from "./flags.ts";

/** Milliseconds before a child that ended is started again: doubled each time, back to the first after a start that held. */
const BACKOFF = { first: 100, most: 5000 };

type Options = {
  stages: readonly StageName[];
  /** Looks after the installation's first start. */
  isFirst: boolean;
  program: string;
  env: NodeJS.ProcessEnv;
  log: Logger;
};

/** One child process of the relay, started again whenever it ends by itself. */
export class StageGroup {
  readonly #options: Options;
  #child: ChildProcess | undefined;
  #delay = BACKOFF.first;
  #stopping = false;
  #again = false;

  constructor(options: Options) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the child; resolves when its stages are ready. @throws StartError when they cannot start */
  start(): Promise<void> {
    const { stages, isFirst, program, env, log } = this.#options;
    const flags = [isFirst && "--first", this.#again && "--again"].filter((one) => one !== false);
    const words = [`--stages=${stages.join(",")}`, ...flags];
    // A process group of its own: Ctrl-C reaches the parent alone, which drains its children in order.
    const child = fork(program, words, { env, execArgv: flagsOf(stages), detached: true });
    this.#child = child;
    log.debug({ stages, pid: child.pid }, "stages started");
    return new Promise((resolve, reject) => {
      child.on("message", (message: ChildMessage) => {
        if (message.type === "failed") return reject(new StartError(message.message, message.hint));
        this.#delay = BACKOFF.first;
        this.#again = true;
        return resolve();
      });
      const ended = (code: number | null, signal: string | null) => {
        reject(
          new StartError(`${stages.join(", ")} ended while starting`, "its last log line says why"),
        );
        if (!this.#stopping) this.#startAgain(code, signal);
      };
      child.on("exit", ended);
      // One that cannot be forked says only this; so does one that ended before it read a message.
      child.on("error", () => child.pid === undefined && ended(null, null));
    });
  }

  /** Tells the child to drain and waits for its end, for so many milliseconds at most. */
  async stop(patience: number): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.connected) child.send("drain");
    const timer = setTimeout(() => child.kill("SIGKILL"), patience);
    await ended;
    clearTimeout(timer);
  }

  #startAgain(code: number | null, signal: string | null): void {
    const { log, stages } = this.#options;
    log.warn({ stages, code, signal }, "stages ended and are started again");
    setTimeout(() => {
      if (this.#stopping) return;
      this.start().catch((error: unknown) =>
        log.warn({ err: error, stages }, "stages did not start"),
      );
    }, this.#delay);
    this.#delay = Math.min(this.#delay * 2, BACKOFF.most);
  }
}
