import { formatReply, type Reply } from "./reply-parser.ts";

/** What became of each mail, by id; a mail never begun (abort, or no connection) is in no list. */
export interface SubmitReport {
  /** Answered with 250 after the final dot. */
  readonly accepted: string[];
  /** The message id of each `queued as <id>`. */
  readonly queuedAs: Map<string, string>;
  /** Answered with 4xx or 5xx, before or after DATA: the reply on one line. */
  readonly refused: { id: string; reply: string }[];
  /** Begun, and the connection was lost before the final reply. */
  readonly unknown: string[];
  /** From MAIL to the 250, in milliseconds, in the order of `accepted`. */
  readonly latencies: Float64Array;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** The value that `p` percent of the values do not exceed (nearest rank); NaN when there are none. */
export function percentile(values: Float64Array, p: number): number {
  const rank = Math.max(1, Math.ceil((p / 100) * values.length));
  return values.toSorted()[rank - 1] ?? NaN;
}

/** A report in the making. */
export class SubmitTally {
  readonly #accepted: string[] = [];
  readonly #queuedAs = new Map<string, string>();
  readonly #refused: { id: string; reply: string }[] = [];
  readonly #unknown: string[] = [];
  readonly #latencies: number[] = [];
  readonly #startedAt = Date.now();

  replied(id: string, reply: Reply, latencyMs: number): void {
    if (reply.code !== 250) return void this.#refused.push({ id, reply: formatReply(reply) });
    this.#accepted.push(id);
    this.#latencies.push(latencyMs);
    const queueId = /queued as (\S+)/i.exec(reply.lines.join(" "))?.[1];
    if (queueId !== undefined) this.#queuedAs.set(id, queueId);
  }

  lost(id: string): void {
    this.#unknown.push(id);
  }

  report(): SubmitReport {
    return {
      accepted: this.#accepted,
      queuedAs: this.#queuedAs,
      refused: this.#refused,
      unknown: this.#unknown,
      latencies: Float64Array.from(this.#latencies),
      startedAt: this.#startedAt,
      finishedAt: Date.now(),
    };
  }
}
