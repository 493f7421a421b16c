import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import {
  backlogConsumer,
  ensureBacklogConsumer,
  finish,
  follow,
  isGone,
  remaining,
  removeConsumer,
  unpin,
} from "./consumers.ts";

/** Milliseconds between two looks at a backlog whose last acknowledgements are under way. */
const LOOK_AGAIN = 250;

type Options = {
  nats: Nats;
  lane: number;
  tenant: string;
  /** Sequence of the first work item that is delivered by the backlog and not by the lane. */
  from: number;
  receive: (message: JsMsg) => void;
  /** All up to that sequence has been delivered and acknowledged; nothing comes any more. */
  drained: (through: number) => void;
  /** Another worker ended it. */
  gone: () => void;
  /** The server delivers from another place now, and may not know what was acknowledged at the last. */
  moved: () => void;
  /** Whether the lane is ours, and the tenant has no backlog. */
  isEnded: () => boolean;
  /** Whether the lane is ours: only its owner knows what was skipped, and so when a backlog has ended. */
  owns: () => boolean;
  log: Logger;
};

/**
 * The surplus of a tenant that filled its mailbox (ADR 0002): a durable consumer of its own delivers
 * it, as fast as the tenant works, from the first surplus item on. Meanwhile the lane acknowledges
 * the tenant's items unread, so that its neighbours' come through. The consumer outlives a crash:
 * the next owner of the lane goes on with it.
 */
export class Backlog {
  readonly from: number;
  readonly #options: Options;
  readonly #name: string;
  #waiting: JsMsg[] | undefined = [];
  #messages: ConsumerMessages | undefined;
  #lastSkipped = 0;
  #pin: string | undefined;
  readonly #outstanding = new Set<number>();
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.from = options.from;
    this.#name = backlogConsumer(options.lane, options.tenant);
  }

  /** Makes the consumer, if it is not there, and follows it; tries until it succeeds. */
  start(): void {
    this.#opening = this.#open().catch((error: unknown) => {
      this.#options.log.warn(
        { err: error, lane: this.#options.lane },
        "backlog could not be opened yet",
      );
      setTimeout(() => this.start(), LOOK_AGAIN).unref();
    });
  }

  async #open(): Promise<void> {
    const { nats, lane, tenant, from } = this.#options;
    if (this.#closed) return;
    await ensureBacklogConsumer(nats, lane, tenant, from);
    for (const message of this.#waiting ?? []) message.ack();
    this.#waiting = undefined;
    this.#messages = await follow(nats, this.#name, (message) => this.#receive(message));
    if (this.#closed) await this.#messages.close();
    void this.#messages.closed().then(() => this.#vanished());
    void this.#look();
  }

  /** The lane's copy of an item that the backlog delivers: acknowledged as soon as the consumer is durable. */
  skip(message: JsMsg): void {
    this.#lastSkipped = Math.max(this.#lastSkipped, message.seq);
    if (this.#waiting === undefined) message.ack();
    else this.#waiting.push(message);
  }

  /** An item was acknowledged or put back; one that is not of this backlog changes nothing. */
  done(seq: number): void {
    if (this.#outstanding.delete(seq)) void this.#look();
  }

  /** Leaves what is left to the next owner, who finds the consumer, or gets the items that were to make one. */
  async stop(): Promise<void> {
    this.#closed = true;
    await this.#opening;
    for (const message of this.#waiting ?? []) message.nak();
    if (this.#messages === undefined) return;
    await finish(this.#messages);
    await unpin(this.#options.nats, this.#name);
  }

  /** The server has the consumer no more: ended by the lane's owner, or lost to its owner, who begins anew. */
  #vanished(): void {
    if (this.#closed) return;
    if (this.#options.owns()) {
      this.#options.moved();
      return this.start();
    }
    this.#closed = true;
    this.#options.gone();
  }

  #receive(message: JsMsg): void {
    if (this.#closed) return message.nak();
    this.#notePin(message);
    this.#outstanding.add(message.seq);
    this.#options.receive(message);
  }

  /** A consumer whose leader died pins us anew. */
  #notePin({ headers }: JsMsg): void {
    const pin = headers?.get("Nats-Pin-Id");
    if (!pin || pin === this.#pin) return;
    if (this.#pin !== undefined) this.#options.moved();
    this.#pin = pin;
  }

  /** Ends the backlog when all of it is done. The lane goes on from the sequence reached, without a gap. */
  async #look(): Promise<void> {
    if (this.#outstanding.size > 0 || this.#closed) return;
    const { left, delivered } = await remaining(this.#options.nats, this.#name).catch(() => ({
      left: 1,
      delivered: 0,
    }));
    if (this.#outstanding.size > 0 || this.#closed) return;
    if (left > 0 || delivered < this.#lastSkipped || !this.#options.owns()) {
      setTimeout(() => void this.#look(), LOOK_AGAIN).unref();
      return;
    }
    this.#closed = true;
    this.#options.drained(delivered);
    await this.#messages?.close();
    void this.#remove();
  }

  /** Mail of the tenant that comes later would wait in it for nobody. Its next backlog takes its place by itself. */
  async #remove(): Promise<void> {
    if (!this.#options.isEnded()) return;
    try {
      await removeConsumer(this.#options.nats, this.#name);
    } catch (error) {
      if (isGone(error)) return;
      setTimeout(() => void this.#remove(), LOOK_AGAIN).unref();
    }
  }
}
