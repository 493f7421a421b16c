import { type ChainLeaf, parseMailSubject } from "@waybill/schemas";
import { leafOf } from "./leaf.ts";

/** Leaves that wait at most: about 200 bytes each. What is more is read from the log again. */
const MOST = 8000;

/** An event as it is sealed. */
export type Sealed = { tenant: string; leaf: ChainLeaf };

/** An event as MAIL keeps it. */
type Kept = { subject: string; seq: number; data: Uint8Array };

/** Of an event only its leaf stays in memory. @param time when the log kept it, milliseconds since 1970 */
export const sealedOf = ({ subject, seq, data }: Kept, time: number): Sealed => ({
  tenant: parseMailSubject(subject).tenant,
  leaf: [seq, time, leafOf(subject, data)],
});

/** Every event behind a sequence, in order; more may come. */
export type Portion = { after: number; events: readonly Sealed[]; through: number };

/**
 * Events handed over by who reads MAIL anyway. A portion may begin before the end of the one before, when the
 * reader began again, or behind it, when too many waited: who takes them finds out by `after`.
 */
export class Feed {
  #after = 0;
  #through: number | undefined;
  #events: Sealed[] = [];
  #news = Promise.withResolvers<void>();
  readonly #ended: AbortSignal;

  constructor(ended: AbortSignal) {
    this.#ended = ended;
    ended.addEventListener("abort", () => this.#news.resolve());
  }

  /** Takes in what follows a sequence; without events it says how far the reader is. */
  offer(after: number, events: readonly Sealed[]): void {
    if (after !== this.#through || this.#events.length > MOST) this.#begin(after);
    for (const event of events) this.#events.push(event);
    this.#through = events.at(-1)?.leaf[0] ?? after;
    this.#news.resolve();
  }

  /** What has come since the last portion, or comes next, `size` events at most; undefined at the end. */
  async next(size: number): Promise<Portion | undefined> {
    await this.#news.promise;
    if (this.#ended.aborted) return undefined;
    const after = this.#after;
    const events = this.#events.splice(0, size);
    const through = events.at(-1)?.leaf[0] ?? after;
    this.#after = through;
    if (this.#events.length === 0) this.#news = Promise.withResolvers();
    return { after, events, through };
  }

  #begin(after: number): void {
    this.#after = after;
    this.#events = [];
  }
}
