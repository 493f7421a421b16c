import type { JsMsg } from "@nats-io/jetstream";
import type { Known, WorkEvent } from "@waybill/schemas";
import { KnownFacts } from "../known/known-facts.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { Actor } from "./actor.ts";
import { Backlog } from "./backlog.ts";
import { MAILBOX } from "./consumers.ts";
import type { FiredLately } from "./fired-lately.ts";
import type { Handle, Held } from "./held.ts";
import type { Slots } from "./slots.ts";

export type LaneOptions = {
  nats: Nats;
  log: Logger;
  handle: Handle;
  /** Messages of a tenant in delivery at once. */
  concurrencyOf: (tenant: string) => number;
  slots: Slots;
};

/** What the lanes of a worker share. */
export type WorkerOptions = LaneOptions & { lately: FiredLately };

/** What a desk knows of its lane. */
export type DeskOptions = WorkerOptions & {
  lane: number;
  tenant: string;
  /** Up to this sequence of the log anybody may have acted on an item before. */
  boundary: () => number;
  /** Whether this worker is the one that the server gives the lane's items to. */
  owns: () => boolean;
  /** Has the boundary set anew: a consumer of the tenant may tell again what was done. */
  moved: () => void;
  /** Called before an item is worked on: it is doubted then, if it may be another's by now. */
  starts: () => void;
  /** Called when an item has left the desk. */
  onDone: () => void;
};

/** Milliseconds after which an item that is still worked on is claimed again. */
const CLAIM_AFTER = 5000;

/** Milliseconds before an item that could not be worked on comes again: so many for each delivery, up to a most. */
const PUT_BACK = { each: 5000, most: 60_000 };

/**
 * What a lane has of one tenant: the items in hand, the actor that works on them, and the backlog
 * when there are too many (ADR 0002).
 */
export class Desk {
  readonly #options: DeskOptions;
  readonly #actor: Actor;
  readonly #facts: KnownFacts;
  readonly #held = new Map<number, Held>();
  readonly #running = new Set<Promise<void>>();
  #backlog: Backlog | undefined;
  /** What a backlog that has ended delivered; the lane may lag behind it. */
  #drained: { from: number; through: number } | undefined;
  #highest = 0;
  #released = false;

  constructor(options: DeskOptions) {
    this.#options = options;
    const { nats, lane, tenant, slots } = options;
    this.#facts = new KnownFacts({ nats, lane, tenant });
    this.#actor = new Actor({
      run: (held) => this.#track(this.#run(held)),
      concurrency: () => options.concurrencyOf(tenant),
      slots,
    });
  }

  /** Nothing is in hand, and nothing is remembered that a new desk would have to know. */
  get isEmpty(): boolean {
    return this.#actor.idle && this.#backlog === undefined && this.#drained === undefined;
  }

  /** Items that wait for their turn. */
  get waiting(): number {
    return this.#actor.waiting;
  }

  /** Takes an item that the lane delivered. */
  receive(message: JsMsg): void {
    const { seq } = message;
    if (this.#isDrained(seq)) message.ack();
    else if (this.#backlog !== undefined && seq >= this.#backlog.from) this.#backlog.skip(message);
    else if (this.#isSurplus(message)) this.#divert(message);
    else this.#take(message);
  }

  /** Whatever is in hand may have been acted on by another owner meanwhile. */
  doubt(): void {
    for (const held of this.#held.values()) held.suspect = true;
  }

  /** Goes on with the backlog that the server has of this tenant, if any. */
  recover(backlogFrom: number | undefined): void {
    this.doubt();
    if (backlogFrom !== undefined) this.#backlog ??= this.#openBacklog(backlogFrom);
  }

  /** Keeps the items that are still in hand ours. */
  claim(now: number): void {
    for (const held of this.#held.values()) {
      if (now - held.since > CLAIM_AFTER) held.message.working();
    }
  }

  /** Starts nothing more, gives back what was not started, and resolves when the rest is acknowledged. */
  async release(): Promise<void> {
    this.#released = true;
    const stopping = this.#backlog?.stop();
    for (const held of this.#actor.close()) this.#giveBack(held);
    await stopping;
    await Promise.all(this.#running);
    for (const parked of this.#held.values()) this.#giveBack(parked);
  }

  #giveBack(held: Held): void {
    this.#held.delete(held.seq);
    held.message.nak();
  }

  /**
   * A backlog begins at an item that the lane delivers for the first time: all behind it are new as
   * well, and reach us through the backlog alone. What comes again was in the mailbox of an owner,
   * and no more of it can come than one mailbox held.
   */
  #isSurplus({ seq, redelivered }: JsMsg): boolean {
    const isNew = this.#backlog === undefined && !redelivered && !this.#held.has(seq);
    return isNew && this.#actor.waiting >= MAILBOX;
  }

  #isDrained(seq: number): boolean {
    if (this.#drained === undefined) return false;
    const { from, through } = this.#drained;
    if (seq > through) this.#drained = undefined;
    return seq >= from && seq <= through;
  }

  /** A copy of an item that is in hand replaces the one that cannot be acknowledged any more. */
  #take(message: JsMsg): void {
    const { seq } = message;
    const held = this.#held.get(seq);
    if (held !== undefined) {
      held.message = message;
      held.suspect ||= message.redelivered;
      return;
    }
    this.#highest = Math.max(this.#highest, seq);
    const work = message.json<WorkEvent>();
    const suspect = message.redelivered;
    const taken = { message, work, seq, suspect, since: performance.now() };
    this.#held.set(seq, taken);
    this.#actor.put(taken);
  }

  #divert(message: JsMsg): void {
    const { log, tenant, lane } = this.#options;
    log.info({ tenant, lane }, "mailbox full: the tenant's surplus waits in the log");
    this.#backlog = this.#openBacklog(message.seq);
    this.#backlog.skip(message);
  }

  #openBacklog(from: number): Backlog {
    const { nats, lane, tenant, log } = this.#options;
    const receive = (message: JsMsg) => this.#take(message);
    const drained = (through: number) => {
      this.#backlog = undefined;
      this.#drained = { from, through };
    };
    const gone = () => {
      this.#backlog = undefined;
    };
    const { owns, moved } = this.#options;
    const isEnded = () => owns() && !this.#released && this.#backlog === undefined;
    const told = { receive, drained, gone, moved, owns, isEnded };
    const backlog = new Backlog({ nats, lane, tenant, from, log, ...told });
    backlog.start();
    return backlog;
  }

  async #run(held: Held): Promise<void> {
    this.#options.starts();
    try {
      await this.#options.handle({ work: held.work, known: await this.#known(held) });
      held.message.ack();
    } catch (error) {
      const { log, tenant } = this.#options;
      log.error({ err: error, seq: held.seq, tenant }, "work item put back");
      held.message.nak(Math.min(PUT_BACK.each * held.message.info.deliveryCount, PUT_BACK.most));
    }
    this.#held.delete(held.seq);
    this.#backlog?.done(held.seq);
    setImmediate(this.#options.onDone);
  }

  /**
   * What came again may have been acted on until now, and so may what a timer fired twice; what is new to us only
   * before the boundary.
   */
  async #known({ suspect, work, seq }: Held): Promise<readonly Known[]> {
    const first = work.type === "due" ? this.#options.lately.firstOf(work, seq) : seq;
    if (first < seq) return this.#facts.byNow(work, first);
    const boundary = this.#options.boundary();
    if (suspect || boundary === Number.POSITIVE_INFINITY) return this.#facts.byNow(work, seq);
    return seq <= boundary ? this.#facts.before(work, seq, boundary) : [];
  }

  #track(running: Promise<void>): Promise<void> {
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }
}
