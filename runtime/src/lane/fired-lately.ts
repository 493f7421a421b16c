import type { RetryDue } from "@waybill/schemas";
import { nameOf } from "../known/evidence.ts";

/** Most that are remembered: some hundred octets each. */
const MOST = 20_000;

/**
 * What timers have put into the log lately, where it was worked on here. The server gives it no id, so that
 * a timer that is set again after it fired, or that the server fires twice, puts two items there.
 */
export class FiredLately {
  readonly #seqs = new Map<string, number>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** Notes an item; returns the sequence of the first that was like it, its own if there was none. */
  firstOf(due: RetryDue, seq: number): number {
    const name = `${nameOf(due)} ${due.envelope.recipients[0]}`;
    const first = this.#seqs.get(name);
    if (first !== undefined) return Math.min(first, seq);
    this.#seqs.set(name, seq);
    const [oldest] = this.#seqs.keys();
    if (this.#seqs.size > this.#most && oldest !== undefined) this.#seqs.delete(oldest);
    return seq;
  }
}
