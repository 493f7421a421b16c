import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { parseMailSubject, type WorkEvent } from "@waybill/schemas";
import { KnownFacts } from "../known-facts.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { Actor } from "./actor.ts";
import { Backlog } from "./backlog.ts";
import {
  ensureLaneConsumer,
  findBacklogs,
  follow,
  laneConsumer,
  MAILBOX,
  unpin,
} from "./consumers.ts";
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

/** Milliseconds after which an item that is still worked on is claimed again. */
const CLAIM_AFTER = 5000;
const TRY_AGAIN = 500;
const PUT_BACK = 5000;
const PUT_BACK_MOST = 60_000;

type Box = { actor: Actor; facts: KnownFacts; backlog?: Backlog };

/**
 * One lane: the durable consumer of its work items, and an actor for each tenant that has some.
 *
 * An item is acknowledged only after everything that came of it is durable; so after a crash of
 * ours, or of the server, items come again that were acted on. Those are suspect: every redelivered
 * one, and every one up to the sequence the log had reached when we (re)connected or became owner.
 * For a suspect item the facts of its message are read from the log before anything is sent.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #lane: number;
  readonly #boxes = new Map<string, Box>();
  readonly #held = new Map<number, Held>();
  readonly #doneByBacklog = new Map<string, { from: number; through: number }>();
  readonly #running = new Set<Promise<void>>();
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
    this.#messages = await follow(this.#options.nats, laneConsumer(this.#lane), (message) =>
      this.#arrive(message),
    );
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
    for (const { tenant, from } of backlogs) this.#resumeBacklog(tenant, from);
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

  /** Keeps the items that are still in hand ours. */
  claim(now: number): void {
    for (const held of this.#held.values()) {
      if (now - held.since > CLAIM_AFTER) held.message.working();
    }
  }

  /** Takes nothing new, gives back what was not started, and resolves when the rest is acknowledged. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#messages?.close();
    for (const { actor, backlog } of this.#boxes.values()) {
      await backlog?.stop();
      for (const held of actor.close()) this.#giveBack(held);
    }
    await Promise.all(this.#running);
  }

  /** Lets the next owner in. */
  async unpin(): Promise<void> {
    if (this.#pin !== undefined) await unpin(this.#options.nats, laneConsumer(this.#lane));
  }

  #arrive(message: JsMsg): void {
    if (this.#released) return message.nak();
    const pin = message.headers?.get("Nats-Pin-Id");
    if (pin && pin !== this.#pin) {
      const isTakeover = this.#pin !== undefined;
      this.#pin = pin;
      if (isTakeover) this.recoverSoon();
    }
    if (this.#early === undefined) this.#receive(message);
    else this.#early.push(message);
  }

  #receive(message: JsMsg): void {
    const { tenant } = parseMailSubject(message.subject);
    const box = this.#boxOf(tenant);
    if (this.#isDone(tenant, message.seq)) message.ack();
    else if (box.backlog !== undefined && message.seq >= box.backlog.from)
      box.backlog.skip(message);
    else if (this.#holdsAlready(message)) return;
    else if (box.actor.waiting >= MAILBOX) this.#divert(tenant, box, message);
    else box.actor.put(this.#hold(tenant, message, false));
  }

  /** Whether a backlog that has ended delivered it: the lane may lag behind it. */
  #isDone(tenant: string, seq: number): boolean {
    const done = this.#doneByBacklog.get(tenant);
    if (done === undefined) return false;
    if (seq > done.through) this.#doneByBacklog.delete(tenant);
    return seq >= done.from && seq <= done.through;
  }

  #holdsAlready(message: JsMsg): boolean {
    const held = this.#held.get(message.seq);
    if (held !== undefined) held.message = message;
    return held !== undefined;
  }

  #hold(tenant: string, message: JsMsg, fromBacklog: boolean): Held {
    const suspect = message.redelivered || message.seq <= this.#boundary;
    const work = message.json<WorkEvent>();
    const { seq } = message;
    const held = { message, work, seq, tenant, suspect, since: Date.now(), fromBacklog };
    this.#held.set(seq, held);
    return held;
  }

  #boxOf(tenant: string): Box {
    let box = this.#boxes.get(tenant);
    if (box === undefined) {
      const actor = new Actor({
        run: (held) => this.#track(this.#run(held)),
        concurrency: () => this.#options.concurrencyOf(tenant),
        slots: this.#options.slots,
      });
      box = { actor, facts: new KnownFacts(this.#options.nats, this.#lane, tenant) };
      this.#boxes.set(tenant, box);
    }
    return box;
  }

  #divert(tenant: string, box: Box, message: JsMsg): void {
    this.#options.log.info(
      { tenant, lane: this.#lane },
      "mailbox full: the tenant's surplus waits in the log",
    );
    const backlog = this.#makeBacklog(tenant, message.seq);
    box.backlog = backlog;
    backlog.skip(message);
    backlog.start();
  }

  #resumeBacklog(tenant: string, from: number): void {
    const box = this.#boxOf(tenant);
    if (box.backlog !== undefined) return;
    box.backlog = this.#makeBacklog(tenant, from);
    box.backlog.start();
  }

  #makeBacklog(tenant: string, from: number): Backlog {
    return new Backlog({
      nats: this.#options.nats,
      lane: this.#lane,
      tenant,
      from,
      log: this.#options.log,
      receive: (message) => {
        if (!this.#holdsAlready(message))
          this.#boxOf(tenant).actor.put(this.#hold(tenant, message, true));
      },
      drained: (through) => {
        delete this.#boxOf(tenant).backlog;
        this.#doneByBacklog.set(tenant, { from, through });
      },
    });
  }

  async #run(held: Held): Promise<void> {
    const box = this.#boxOf(held.tenant);
    try {
      const { work } = held;
      const through = held.message.redelivered ? undefined : this.#boundary;
      const known = held.suspect ? await box.facts.of(work.messageId, held.seq, through) : [];
      await this.#options.handle({ work, known });
      held.message.ack();
    } catch (error) {
      this.#options.log.error(
        { err: error, seq: held.seq, tenant: held.tenant },
        "work item put back",
      );
      held.message.nak(Math.min(PUT_BACK * held.message.info.deliveryCount, PUT_BACK_MOST));
    }
    this.#held.delete(held.seq);
    if (held.fromBacklog) box.backlog?.done();
    this.#dropIdle(held.tenant, box);
  }

  #track(running: Promise<void>): Promise<void> {
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  #giveBack(held: Held): void {
    this.#held.delete(held.seq);
    held.message.nak();
  }

  #dropIdle(tenant: string, box: Box): void {
    setImmediate(() => {
      if (box.actor.idle && box.backlog === undefined) this.#boxes.delete(tenant);
    });
  }
}
