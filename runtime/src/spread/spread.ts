import { hostname } from "node:os";
import type { Msg, Subscription } from "@nats-io/transport-node";
import { newMessageId as newId } from "../ids.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { Members, type Beat } from "./members.ts";
import { sharesOf } from "./share-of.ts";

/** A part that is worked on here. */
export type Part = {
  /** Takes nothing new; resolves when somebody else may take the part. */
  letGo(): Promise<void>;
  /** Somebody else had the part as well until now. */
  aloneAgain?(): void;
};

export type SpreadOptions = {
  nats: Nats;
  log: Pick<Logger, "info" | "warn">;
  /** What is spread: workers of one name share its parts. */
  name: string;
  /** Parts: `0 .. count-1`. */
  count: number;
  /** Begins to work on a part. */
  take: (part: number) => Promise<Part>;
};

/** Parts spread over the processes that work on them. */
export type Spread = {
  /** Parts worked on here. */
  held(): number;
  /** Lets all parts go, and resolves when they are gone. */
  leave(): Promise<void>;
};

/** Milliseconds: between two ticks; after which one that has come takes what nobody says to have. */
const [TICK, LISTEN] = [1000, 250];

/** Milliseconds before what failed is tried again. */
const TRY_AGAIN = 500;

/**
 * Spreads parts evenly over all processes that call this with the same name, and spreads them anew when
 * one comes, goes or falls silent (ADR 0008). A part is let go by the one before the other takes it, as
 * long as they hear each other; while they do not, each keeps what it has. So whatever works on a part
 * needs a fence of its own. Resolves when the parts that nobody had are taken.
 */
export async function spread(options: SpreadOptions): Promise<Spread> {
  const worker = new Worker(options);
  await worker.join();
  return worker;
}

/** The subject on which the workers of a name tell each other what they hold. */
const subjectOf = (name: string): string => `waybill.workers.${name}`;

class Worker implements Spread {
  readonly #options: SpreadOptions;
  readonly #id = newId();
  readonly #members = new Members(this.#id);
  /** What is being taken, held or let go; `part` while it is held. */
  readonly #mine = new Map<number, { part?: Part }>();
  readonly #shared = new Set<number>();
  readonly #joined = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  #subscription: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLeaving = false;
  #share: { of: string; parts: ReadonlySet<number> } = { of: "", parts: new Set() };

  constructor(options: SpreadOptions) {
    this.#options = options;
  }

  held(): number {
    return this.#mine.size;
  }

  async join(): Promise<void> {
    const { nats, name } = this.#options;
    this.#subscription = nats.nc.subscribe(subjectOf(name), {
      callback: (_, message) => this.#hear(message),
    });
    this.#say({ isNew: true });
    this.#timer = setTimeout(() => {
      this.#say({ isTick: true });
      this.#timer = setInterval(() => this.#say({ isTick: true }), TICK).unref();
    }, LISTEN).unref();
    await this.#joined.promise;
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.#say();
    this.#settle();
    await this.#gone.promise;
    clearInterval(this.#timer);
    this.#subscription?.unsubscribe();
  }

  /** What is published while the connection is away is lost: the next tick says it again. */
  #say(why: Partial<Beat> = {}): void {
    const { nats, name } = this.#options;
    if (nats.nc.isClosed()) return;
    const at = `${hostname()}:${process.pid}`;
    const said = { isTick: false, isNew: false, isLeaving: this.#isLeaving };
    const beat: Beat = { id: this.#id, at, ...said, holds: [...this.#mine.keys()], ...why };
    nats.nc.publish(subjectOf(name), JSON.stringify(beat));
  }

  #hear(message: Msg): void {
    const beat = message.json<Beat>();
    this.#members.hear(beat);
    if (beat.isNew && beat.id !== this.#id) this.#say();
    if (this.#members.ticks > 0) this.#settle();
  }

  /** Brings what we hold in step with what is ours. */
  #settle(): void {
    const share = this.#ownShare();
    const others = this.#members.held();
    for (const [part, { part: held }] of this.#mine) {
      if (!share.has(part)) this.#letGo(part);
      else if (others.has(part)) this.#shared.add(part);
      else if (this.#shared.delete(part)) held?.aloneAgain?.();
    }
    for (const part of share) if (!this.#mine.has(part) && !others.has(part)) this.#take(part);
    if (![...this.#mine.values()].some(({ part }) => part === undefined)) this.#joined.resolve();
    if (this.#isLeaving && this.#mine.size === 0) this.#gone.resolve();
  }

  #ownShare(): ReadonlySet<number> {
    const workers = [...this.#members.staying(), ...(this.#isLeaving ? [] : [this.#id])];
    const of = workers.toSorted().join();
    if (this.#share.of !== of) {
      const parts = new Set(sharesOf(this.#options.count, workers).get(this.#id));
      this.#share = { of, parts };
    }
    return this.#share.parts;
  }

  #take(part: number): void {
    const { take, log, name } = this.#options;
    const taking: { part?: Part } = {};
    this.#mine.set(part, taking);
    this.#say();
    void (async () => {
      try {
        taking.part = await take(part);
        this.#settle();
      } catch (error) {
        log.warn({ err: error, name, part }, "part could not be taken yet");
        setTimeout(() => this.#forget(part), TRY_AGAIN).unref();
      }
    })();
  }

  /** One that is being taken is let go of as soon as it is held. */
  #letGo(part: number): void {
    const { log, name } = this.#options;
    const mine = this.#mine.get(part);
    const held = mine?.part;
    if (mine === undefined || held === undefined) return;
    delete mine.part;
    this.#shared.delete(part);
    const failed = (error: unknown) =>
      log.warn({ err: error, name, part }, "part let go of anyway");
    void held
      .letGo()
      .catch(failed)
      .then(() => this.#forget(part));
  }

  #forget(part: number): void {
    this.#mine.delete(part);
    this.#say();
    this.#settle();
  }
}
