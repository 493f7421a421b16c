import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { parseMailSubject } from "@waybill/schemas";
import { STREAMS } from "../streams.ts";
import { within } from "../within.ts";
import {
  ensureLaneConsumer,
  findBacklogs,
  finish,
  follow,
  laneConsumer,
  unpin,
} from "./consumers.ts";
import { Desk, type WorkerOptions } from "./desk.ts";

const TRY_AGAIN = 500;

/** Milliseconds the next owner waits for messages in delivery; those that take longer are finished beside it. */
const HAND_OVER = 1200;

/**
 * Milliseconds of standing still, or of a stopped process, after which others may have been given what we
 * hold: with the age at which it is claimed again, less than the time for its acknowledgement.
 */
const STANDSTILL = 5000;

/**
 * One lane: the durable consumer of its work items, and a desk for each tenant that has some.
 *
 * An item is acknowledged only after everything that came of it is durable; so after a crash of
 * ours, or of the server, items come again that were acted on. Those are suspect: every redelivered
 * one, every one up to the sequence the log had reached when we (re)connected or became owner, and
 * whatever is in hand when we do, or when this process has stood still.
 * For a suspect item the facts of its message are read from the log before anything is sent, unless it is
 * certain that there are none (ADR 0015).
 */
export class Lane {
  readonly #options: WorkerOptions;
  readonly #lane: number;
  readonly #desks = new Map<string, Desk>();
  #messages: ConsumerMessages | undefined;
  #early: JsMsg[] | undefined = [];
  #pin: string | undefined;
  /** The server has told us that it serves another worker, or nobody. */
  #isLost = false;
  #boundary = Number.POSITIVE_INFINITY;
  #generation = 0;
  #awake = performance.now();
  /** What waited for us meanwhile may be another's by now, as what is in hand. */
  #stoodStill = false;
  #released = false;
  #finished: Promise<unknown> = Promise.resolve();

  constructor(lane: number, options: WorkerOptions) {
    this.#lane = lane;
    this.#options = options;
  }

  async start(): Promise<void> {
    await ensureLaneConsumer(this.#options.nats, this.#lane);
    await this.recover();
    const name = laneConsumer(this.#lane);
    this.#messages = await follow(this.#options.nats, name, (message) => this.#arrive(message));
    void this.#messages.closed().then(() => this.#startAgain());
    void this.#watchPin(this.#messages);
    if (this.#released) await finish(this.#messages);
  }

  /** Whatever the log holds by now may have been acted on before: by an owner before us, or by us without the server knowing. */
  async recover(): Promise<void> {
    const generation = (this.#generation += 1);
    this.#boundary = Number.POSITIVE_INFINITY;
    this.#early ??= [];
    for (const desk of this.#desks.values()) desk.doubt();
    const { nats } = this.#options;
    const [backlogs, mail] = await Promise.all([
      findBacklogs(nats, this.#lane),
      nats.jsm.streams.info(STREAMS.mail),
    ]);
    if (generation !== this.#generation || this.#released) return;
    this.#boundary = mail.state.last_seq;
    for (const { tenant } of backlogs) this.#deskOf(tenant);
    const starts = new Map(backlogs.map(({ tenant, from }) => [tenant, from]));
    for (const [tenant, desk] of this.#desks) desk.recover(starts.get(tenant));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) this.#receive(message);
    if (this.#stoodStill) for (const desk of this.#desks.values()) desk.doubt();
    this.#stoodStill = false;
  }

  /** Somebody else had the lane as well until now. */
  aloneAgain(): void {
    this.#isLost = false;
    this.recoverSoon();
  }

  /** Recovers as soon as the server answers. */
  recoverSoon(): void {
    if (this.#released) return;
    const recovered = this.recover();
    const generation = this.#generation;
    recovered.catch((error: unknown) => {
      if (generation !== this.#generation) return;
      this.#options.log.warn({ err: error, lane: this.#lane }, "lane could not be recovered yet");
      setTimeout(() => this.recoverSoon(), TRY_AGAIN).unref();
    });
  }

  /** Items in hand that wait for their turn. */
  get waiting(): number {
    return [...this.#desks.values()].reduce((sum, desk) => sum + desk.waiting, 0);
  }

  /** Keeps the items that are still in hand ours. */
  claim(now: number): void {
    this.#noticeStandstill();
    for (const desk of this.#desks.values()) desk.claim(now);
  }

  /**
   * Takes nothing new, gives back what was not started, and lets the next owner in as soon as the rest is
   * acknowledged, or has taken too long.
   */
  async letGo(): Promise<void> {
    this.#released = true;
    for (const message of this.#early?.splice(0) ?? []) message.nak();
    if (this.#messages !== undefined) await finish(this.#messages);
    this.#finished = Promise.all([...this.#desks.values()].map((desk) => desk.release()));
    await within(HAND_OVER, this.#finished);
    if (this.#pin !== undefined) await unpin(this.#options.nats, laneConsumer(this.#lane));
  }

  /** Resolves when all that was in delivery when the lane was let go is acknowledged. */
  async finished(): Promise<void> {
    await this.#finished;
  }

  /** The client gave the consumer up, as it does when the server says that it is gone. */
  #startAgain(): void {
    if (this.#released) return;
    this.#options.log.warn({ lane: this.#lane }, "lane lost its consumer");
    this.start().catch(() => setTimeout(() => this.#startAgain(), TRY_AGAIN).unref());
  }

  /** Another worker has the lane now, until items come to us again. */
  async #watchPin(messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status()) {
      if (type !== "consumer_unpinned") continue;
      this.#pin = undefined;
      this.#isLost = true;
      for (const desk of this.#desks.values()) desk.doubt();
    }
  }

  #arrive(message: JsMsg): void {
    if (this.#released) return message.nak();
    this.#isLost = false;
    this.#noticeStandstill();
    const pin = message.headers?.get("Nats-Pin-Id");
    if (pin && pin !== this.#pin) {
      this.#pin = pin;
      this.recoverSoon();
    }
    if (this.#early === undefined) this.#receive(message);
    else this.#early.push(message);
  }

  #noticeStandstill(): void {
    const now = performance.now();
    const isLate = now - this.#awake > STANDSTILL;
    this.#awake = now;
    if (!isLate) return;
    this.#stoodStill = true;
    this.recoverSoon();
  }

  #receive(message: JsMsg): void {
    this.#deskOf(parseMailSubject(message.subject).tenant).receive(message);
  }

  #deskOf(tenant: string): Desk {
    const known = this.#desks.get(tenant);
    if (known !== undefined) return known;
    const desk: Desk = new Desk({
      ...this.#options,
      lane: this.#lane,
      tenant,
      boundary: () => this.#boundary,
      owns: () => !this.#isLost,
      moved: () => this.recoverSoon(),
      starts: () => this.#noticeStandstill(),
      onDone: () => {
        if (desk.isEmpty && this.#desks.get(tenant) === desk) this.#desks.delete(tenant);
      },
    });
    this.#desks.set(tenant, desk);
    return desk;
  }
}
