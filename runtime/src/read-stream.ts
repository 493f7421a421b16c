import { DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { lastOfAny } from "./leader-reads.ts";
import type { Nats } from "./nats.ts";
import { orderedConsumer } from "./ordered-consumer.ts";
import { isOneTime } from "./same-log.ts";
import { endWhenSilent, ServerSilent } from "./silence.ts";

/** One message of a stream, as it is kept. */
export type Stored = {
  seq: number;
  subject: string;
  time: Date;
  data: Uint8Array;
  json: <T>() => T;
};

export type ReplayOptions = {
  stream: string;
  filters: string[];
  /** The first sequence, or the first moment; the beginning by default. */
  from?: number | Date;
  /** The last sequence; what the stream holds when the replay starts, by default. */
  through?: number;
};

const stored = (message: JsMsg): Stored => ({
  seq: message.seq,
  subject: message.subject,
  time: new Date(message.info.timestampNanos / 1e6),
  data: message.data,
  json: <T>() => message.json<T>(),
});

const startOf = (from: number | Date | undefined) => {
  if (from === undefined) return { deliver_policy: DeliverPolicy.All };
  return from instanceof Date
    ? { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() }
    : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from) };
};

/** What is given in the place of a message, or where none is any more; undefined when it is gone as well. */
type StandIn = { seq: number; keptAt: Date; read: () => Promise<Stored | undefined> };

/** Those of a stream up to a sequence, in order. */
type StandIns = (through: number) => Promise<StandIn[]>;

/** The stand-ins that nobody has read yet. */
class StandInsLeft {
  readonly #all: readonly StandIn[];
  #at = 0;

  constructor(all: readonly StandIn[]) {
    this.#all = all;
  }

  /** Sequence of the next; infinite after the last. */
  get next(): number {
    return this.#all[this.#at]?.seq ?? Infinity;
  }

  /** Whether the next one is given in the place of a message: one of a log that lost its end is of another event. */
  takesPlaceOf({ seq, time }: JsMsg): boolean {
    const next = this.#all[this.#at];
    if (next?.seq !== seq) return false;
    const isOfIt = isOneTime(next.keptAt, time);
    if (!isOfIt) this.#at += 1;
    return isOfIt;
  }

  /** Reads those before a sequence. */
  async *before(end: number): AsyncGenerator<Stored> {
    for (let next = this.#all[this.#at]; next && next.seq < end; next = this.#all[this.#at]) {
      this.#at += 1;
      const one = await next.read();
      if (one !== undefined) yield one;
    }
  }
}

const CONSUME = { max_messages: 500, expires: 5000, idle_heartbeat: 1000 };

/**
 * The sequence a read must reach: of the last message it is to yield, or of a later one. Undefined
 * when there is nothing to yield. Asked of the leader: that a replica has nothing more proves nothing.
 */
async function endOf(
  nats: Nats,
  { stream, filters, through = Infinity }: ReplayOptions,
  from: ReplayOptions["from"],
): Promise<number | undefined> {
  const last = await lastOfAny(nats, stream, filters);
  if (last === undefined) return undefined;
  const isBefore = from instanceof Date ? last.time < from : last.seq < (from ?? 1);
  return isBefore ? undefined : Math.min(last.seq, through);
}

/** Yields what a consumer of its own is told, up to that sequence. @throws ServerSilent, or when the connection is closed */
async function* readOnce(
  nats: Nats,
  { stream, filters }: ReplayOptions,
  from: ReplayOptions["from"],
  end: number,
): AsyncGenerator<JsMsg> {
  const wanted = { filter_subjects: filters, ...startOf(from) };
  const consumer = await orderedConsumer(nats, stream, wanted);
  try {
    const messages = await consumer.consume(CONSUME);
    const heard = endWhenSilent(messages, false);
    for await (const message of messages) {
      heard();
      yield message;
      if (message.seq >= end) return;
    }
    throw new Error("the connection was closed in the middle of a replay");
  } finally {
    await consumer.delete().catch(() => false);
  }
}

/**
 * Reads what a stream holds, in order, and ends; leaves nothing behind on the server. What vanishes
 * while it reads (deleted, purged, past its age) is left out. A connection that is lost and comes back,
 * or a server that falls silent, does not matter: it reads on from where it was.
 * @throws when the log does not answer, or the connection is closed
 */
export async function* readStream(
  nats: Nats,
  options: ReplayOptions,
  standIns: StandIns = async () => [],
): AsyncGenerator<Stored> {
  const { jsm } = nats;
  const through = options.through ?? (await jsm.streams.info(options.stream)).state.last_seq;
  const left = new StandInsLeft(await standIns(through));
  const whole = { ...options, through };
  for (let { from } = options; ;) {
    const end = await endOf(nats, whole, from);
    if (end === undefined || (typeof from === "number" && from > end))
      return yield* left.before(Infinity);
    try {
      for await (const message of readOnce(nats, whole, from, end)) {
        if (message.seq > through) break;
        if (left.next < message.seq) yield* left.before(message.seq);
        if (!left.takesPlaceOf(message)) yield stored(message);
        from = message.seq + 1;
      }
      return yield* left.before(Infinity);
    } catch (error) {
      if (!(error instanceof ServerSilent)) throw error;
    }
  }
}
