import { setTimeout as sleep } from "node:timers/promises";
import { testMessage } from "./message.ts";
import type { Reply } from "./reply-parser.ts";
import { ConnectionLost } from "./smtp-client.ts";
import { type SubmitReport, SubmitTally } from "./submit-report.ts";
import {
  openSession,
  type SessionOptions,
  SessionRefused,
  type SubmitSession,
} from "./submit-session.ts";

export { percentile, type SubmitReport } from "./submit-report.ts";

export interface SubmitOptions extends SessionOptions {
  /** How many mails, numbered from 0. */
  readonly mails: number;
  readonly connections: number;
  /** Bytes of each message. */
  readonly size: number;
  readonly from: string;
  readonly to: (index: number) => readonly string[];
  /** The X-Test-Id of each mail; unique, without white space. */
  readonly id: (index: number) => string;
  /** After a loss, goes on with the next mail on a new connection, until all are sent. */
  readonly reconnect?: boolean;
  /** Called with the reply that settled a mail, as soon as it is there. */
  readonly onReply?: (id: string, reply: Reply) => void;
}

const BACKOFF_MS = { first: 10, most: 500 };

/**
 * Submits numbered mails over connections that are kept open, and tells what became of each. No
 * mail is sent twice. A lost connection is reported, not thrown; one that cannot be opened rejects,
 * unless `reconnect` is set and the server did not say 5xx. An abort ends the run with its report.
 */
export async function submit(options: SubmitOptions): Promise<SubmitReport> {
  const run = new SubmitRun(options);
  const connections = Array.from({ length: options.connections }, () => run.connection());
  const failure = (await Promise.allSettled(connections)).find((end) => end.status === "rejected");
  if (failure) throw failure.reason;
  return run.tally.report();
}

class SubmitRun {
  readonly tally = new SubmitTally();
  readonly #options: SubmitOptions;
  #next = 0;

  constructor(options: SubmitOptions) {
    this.#options = options;
  }

  /** One connection, and with `reconnect` its successors. */
  async connection(): Promise<void> {
    do {
      const session = await this.#open();
      if (session) await this.#sendWhileOpen(session);
    } while (this.#options.reconnect && this.#more);
  }

  get #more(): boolean {
    return this.#next < this.#options.mails && !this.#options.signal?.aborted;
  }

  async #open(): Promise<SubmitSession | undefined> {
    for (let pause = BACKOFF_MS.first; this.#more; pause = Math.min(pause * 2, BACKOFF_MS.most)) {
      try {
        return await openSession(this.#options);
      } catch (error) {
        if (!this.#more) return undefined;
        if (!this.#options.reconnect || isPermanent(error)) throw error;
        await sleep(pause);
      }
    }
    return undefined;
  }

  async #sendWhileOpen(session: SubmitSession): Promise<void> {
    while (this.#more && session.open) {
      const index = this.#next;
      this.#next += 1;
      await this.#send(session, index);
    }
    await session.quit();
  }

  async #send(session: SubmitSession, index: number): Promise<void> {
    const { from, size, onReply } = this.#options;
    const id = this.#options.id(index);
    const to = this.#options.to(index);
    const begun = performance.now();
    try {
      const reply = await session.send({ from, to, content: testMessage({ id, from, to, size }) });
      this.tally.replied(id, reply, performance.now() - begun);
      onReply?.(id, reply);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      this.tally.lost(id);
    }
  }
}

function isPermanent(error: unknown): boolean {
  return error instanceof SessionRefused && error.reply.code >= 500;
}
