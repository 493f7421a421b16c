import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { parseMailSubject } from "@waybill/schemas";
import { STREAMS } from "../streams.ts";
import { ensureLaneConsumer, findBacklogs, follow, laneConsumer, unpin } from "./consumers.ts";
import { Desk, type LaneOptions } from "./desk.ts";

const TRY_AGAIN = 500;

/**
 * One lane: the durable consumer of its work items, and a desk for each tenant that has some.
 *
 * An item is acknowledged only after everything that came of it is durable; so after a crash of
 * ours, or of the server, items come again that were acted on. Those are suspect: every redelivered
 * one, and every one up to the sequence the log had reached when we (re)connected or became owner.
 * For a suspect item the facts of its message are read from the log before anything is sent.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #lane: number;
  readonly #desks = new Map<string, Desk>();
  #messages: ConsumerMessages | undefined;
  #early: JsMsg[] | undefined = [];
  #pin: string | undefined;
  #boundary = Number.POSITIVE_INFINITY;
  #generation = 0;
  #released = false;

  constructor(lane: number, options: LaneOptions) {
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
  }

  /** Whatever the log holds by now may have been acted on before: by an owner before us, or by us without the server knowing. */
  async recover(): Promise<void> {
    const generation = (this.#generation += 1);
    this.#boundary = Number.POSITIVE_INFINITY;
    this.#early ??= [];
    const { nats } = this.#options;
    const [backlogs, mail] = await Promise.all([
      findBacklogs(nats, this.#lane),
      nats.jsm.streams.info(STREAMS.mail),
    ]);
    if (generation !== this.#generation) return;
    this.#boundary = mail.state.last_seq;
    for (const { tenant } of backlogs) this.#deskOf(tenant);
    const starts = new Map(backlogs.map(({ tenant, from }) => [tenant, from]));
    for (const [tenant, desk] of this.#desks) desk.recover(starts.get(tenant));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) this.#receive(message);
  }

  /** Recovers as soon as the server answers. */
  recoverSoon(): void {
    this.recover().catch((error: unknown) => {
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
    for (const desk of this.#desks.values()) desk.claim(now);
  }

  /** Takes nothing new, gives back what was not started, and resolves when the rest is acknowledged. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#messages?.close();
    await Promise.all([...this.#desks.values()].map((desk) => desk.release()));
  }

  /** Lets the next owner in. */
  async unpin(): Promise<void> {
    if (this.#pin !== undefined) await unpin(this.#options.nats, laneConsumer(this.#lane));
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
      if (type === "consumer_unpinned") this.#pin = undefined;
    }
  }

  #arrive(message: JsMsg): void {
    if (this.#released) return message.nak();
    const pin = message.headers?.get("Nats-Pin-Id");
    if (pin && pin !== this.#pin) {
      this.#pin = pin;
      this.recoverSoon();
    }
    if (this.#early === undefined) this.#receive(message);
    else this.#early.push(message);
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
      owns: () => this.#pin !== undefined,
      moved: () => this.recoverSoon(),
      onDone: () => {
        if (desk.isEmpty && this.#desks.get(tenant) === desk) this.#desks.delete(tenant);
      },
    });
    this.#desks.set(tenant, desk);
    return desk;
  }
}
