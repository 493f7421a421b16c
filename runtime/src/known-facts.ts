import { factSubject, type FactEvent, type FactType } from "@waybill/schemas";
import type { Nats } from "./nats.ts";
import { replay } from "./replay.ts";
import { STREAMS } from "./streams.ts";

/** Milliseconds a tenant's facts stay in memory after the last question. */
const KEEP = 60_000;

/**
 * Answers, for a work item that may have been acted on before, what the log already holds of its
 * message. Reads a tenant's facts from the item's sequence on, once, and then only what is new.
 */
export class KnownFacts {
  readonly #nats: Nats;
  readonly #filter: string;
  readonly #byMessage = new Map<string, FactEvent[]>();
  #from = Number.POSITIVE_INFINITY;
  #through = 0;
  #reading: Promise<void> = Promise.resolve();
  #forget: NodeJS.Timeout | undefined;

  constructor(nats: Nats, lane: number, tenant: string) {
    this.#nats = nats;
    this.#filter = factSubject(lane, tenant, "*" as FactType);
  }

  /**
   * Facts of a message recorded after sequence `since` and up to `through`, or up to now.
   */
  async of(messageId: string, since: number, through?: number): Promise<readonly FactEvent[]> {
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#cover(since, through));
    await this.#reading;
    return this.#byMessage.get(messageId) ?? [];
  }

  async #cover(since: number, through: number | undefined): Promise<void> {
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => this.#clear(), KEEP).unref();
    if (since >= this.#from && through !== undefined && through <= this.#through) return;
    if (since < this.#from) this.#clear();
    const start = Math.max(since, this.#through) + 1;
    const last = (await this.#nats.jsm.streams.info(STREAMS.mail)).state.last_seq;
    const filters = [this.#filter];
    for await (const one of replay(this.#nats, {
      stream: STREAMS.mail,
      filters,
      from: start,
      through: last,
    })) {
      this.#add(one.json<FactEvent>());
    }
    this.#from = Math.min(this.#from, since);
    this.#through = last;
  }

  #add(fact: FactEvent): void {
    const facts = this.#byMessage.get(fact.messageId);
    if (facts === undefined) this.#byMessage.set(fact.messageId, [fact]);
    else facts.push(fact);
  }

  #clear(): void {
    this.#byMessage.clear();
    this.#from = Number.POSITIVE_INFINITY;
    this.#through = 0;
  }
}
