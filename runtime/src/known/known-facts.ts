import { type Known, messageTimers, type RetryDue, type WorkEvent } from "@waybill/schemas";
import { allOnLeader } from "../leader-reads.ts";
import { STREAMS } from "../streams.ts";
import { ActedOn } from "./acted-on.ts";
import { historyOf, lastSequence, type Whose } from "./scan.ts";
import { SharedRead } from "./shared-read.ts";

/** Messages of the log behind an item that are read again for each who asks, and not once for all. */
const NEAR = 10_000;

type Question = { messageId: string; since: number };

/**
 * Answers, for a work item that may have been acted on before, what the log already holds of its
 * message. All who ask together share one read of the tenant's history, and of that only what is of
 * their messages is in memory.
 */
export class KnownFacts {
  readonly #whose: Whose;
  readonly #actedOn: ActedOn;
  readonly #reads = new SharedRead((asked: readonly Question[]) => this.#read(asked));

  constructor(whose: Whose) {
    this.#whose = whose;
    this.#actedOn = new ActedOn(whose);
  }

  /** Octets kept between two questions. */
  get octets(): number {
    return this.#actedOn.octets;
  }

  /** What the log holds of a message by now, recorded after sequence `since`, and its timers that are set. */
  async of(messageId: string, since: number): Promise<readonly Known[]> {
    // Timers first: one that fires meanwhile is found in what is read behind it.
    const timers = await this.#timersOf(messageId);
    const found = await this.#reads.ask({ messageId, since });
    return [...(found.get(messageId) ?? []), ...timers];
  }

  /**
   * The same for an item, of sequence `since`, on which somebody may have acted up to the sequence
   * `through`, and nobody since. Of one that nobody acted on there is nothing to read.
   */
  async before(work: WorkEvent, since: number, through: number): Promise<readonly Known[]> {
    const mayBe = await this.#actedOn.mayBe(work, since, through);
    return mayBe || !this.#actedOn.noteNew(work) ? this.of(work.messageId, since) : [];
  }

  /**
   * The same for an item on which somebody may have acted until now. A timer of the message is asked for
   * first: one that is gone by then has fired into what is read.
   */
  async byNow(work: WorkEvent, since: number): Promise<readonly Known[]> {
    const { messageId } = work;
    const [timer] = await this.#timersOf(messageId);
    const through = await lastSequence(this.#whose);
    const isNear = through - since <= NEAR;
    if (isNear || timer !== undefined) return this.of(messageId, since);
    if (await this.#actedOn.mayBe(work, since, through)) return this.of(messageId, since);
    this.#actedOn.noteNew(work);
    return [];
  }

  async #read(asked: readonly Question[]): Promise<Map<string, Known[]>> {
    const found = new Map(asked.map(({ messageId }) => [messageId, [] as Known[]]));
    const since = Math.min(...asked.map((one) => one.since));
    const through = await lastSequence(this.#whose);
    for await (const known of historyOf(this.#whose, since, through))
      found.get(known.messageId)?.push(known);
    return found;
  }

  async #timersOf(messageId: string): Promise<RetryDue[]> {
    const { nats, lane, tenant } = this.#whose;
    const found = await allOnLeader(nats, STREAMS.mail, messageTimers(lane, tenant, messageId));
    return found.map((message) => message.json<RetryDue>());
  }
}
