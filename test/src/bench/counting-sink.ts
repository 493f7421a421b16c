import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** `lastAt` in milliseconds since the epoch. */
type Counts = { received: number; lastAt?: number };

const POLL_MS = 20;
const GIVE_UP_MS = 60_000;

/** Where the mail of every peer ends: the counting sink, in a process of its own. */
export class CountingSink implements Disposable {
  readonly #child;
  readonly #lines;
  port = 0;

  /** On a port, a free one by default. */
  constructor(port = 0) {
    const program = join(import.meta.dirname, "../mail/sink-process.ts");
    const args = [program, JSON.stringify({ port })];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async start(): Promise<this> {
    ({ port: this.port } = await this.#read<{ port: number }>());
    return this;
  }

  counts(): Promise<Counts> {
    this.#child.stdin.write("stats\n");
    return this.#read<Counts>();
  }

  /** Resolves with when the last came, once it has so many; rejects after so long without any. */
  async holds(mails: number, giveUpMs = GIVE_UP_MS): Promise<number> {
    let [seen, since] = [-1, performance.now()];
    for (;;) {
      const { received, lastAt } = await this.counts();
      if (received >= mails && lastAt !== undefined) return lastAt;
      if (received > seen) [seen, since] = [received, performance.now()];
      if (performance.now() - since > giveUpMs) throw new Error(`only ${seen} mails of ${mails}`);
      await sleep(POLL_MS);
    }
  }

  async #read<T>(): Promise<T> {
    const { value } = await this.#lines.next();
    if (value === undefined) throw new Error("the sink has ended");
    return JSON.parse(value) as T;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
