import { tenantHistory, type Known, type RetryDue } from "@waybill/schemas";
import { allOnLeader } from "./leader-reads.ts";
import type { Nats } from "./nats.ts";
import { replay } from "./replay.ts";
import { STREAMS } from "./streams.ts";

/** Milliseconds a tenant's history stays in memory after the last question. */
const KEEP = 60_000;

/**
 * Answers, for a work item that may have been acted on before, what the log already holds of its
 * message. Reads a tenant's facts and fired timers from the item's sequence on, once, and then only
 * what is new; all who ask meanwhile share one read.
 */
export class KnownFacts {
  readonly #nats: Nats;
  readonly #lane: number;
  readonly #tenant: string;
  readonly #byMessage = new Map<string, Known[]>();
  /** What is in memory: all after `from`, up to `through`. */
  #from = Number.POSITIVE_INFINITY;
  #through = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #reading: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #forget: NodeJS.Timeout | undefined;

  constructor(nats: Nats, lane: number, tenant: string) {
    this.#nats = nats;
    this.#lane = lane;
    this.#tenant = tenant;
  }

  /** What the log holds of a message by now, recorded after sequence `since`, and its timers that are set. */
  async of(messageId: string, since: number): Promise<readonly Known[]> {
    this.#wanted = Math.min(this.#wanted, since);
    const [timers] = await Promise.all([this.#timersOf(messageId), this.#nextRead()]);
    return [...(this.#byMessage.get(messageId) ?? []), ...timers];
  }

  /** The read that begins after the one under way, if any. */
  #nextRead(): Promise<void> {
    this.#queued ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        this.#reading = this.#read();
        return this.#reading;
      });
    return this.#queued;
  }

  async #read(): Promise<void> {
    clearTimeout(this.#forget);
    const since = this.#wanted;
    this.#wanted = Number.POSITIVE_INFINITY;
    if (since < this.#from) this.#clear();
    const start = (this.#from === Number.POSITIVE_INFINITY ? since : this.#through) + 1;
    const through = (await this.#nats.jsm.streams.info(STREAMS.mail)).state.last_seq;
    const filters = tenantHistory(this.#lane, this.#tenant);
    for await (const one of replay(this.#nats, {
      stream: STREAMS.mail,
      filters,
      from: start,
      through,
    })) {
      this.#add(one.json<Known>());
    }
    this.#from = Math.min(this.#from, since);
    this.#through = through;
    this.#forget = setTimeout(() => this.#clear(), KEEP).unref();
  }

  async #timersOf(messageId: string): Promise<RetryDue[]> {
    const subject = `timer.${this.#lane}.${this.#tenant}.${messageId}.*`;
    const found = await allOnLeader(this.#nats, STREAMS.mail, subject);
    return found.map((message) => message.json<RetryDue>());
  }

  #add(known: Known): void {
    const all = this.#byMessage.get(known.messageId);
    if (all === undefined) this.#byMessage.set(known.messageId, [known]);
    else all.push(known);
  }

  #clear(): void {
    this.#byMessage.clear();
    this.#from = Number.POSITIVE_INFINITY;
    this.#through = 0;
  }
}
