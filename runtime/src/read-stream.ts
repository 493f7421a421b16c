import { DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import type { Nats } from "./nats.ts";
import { SilenceWatch } from "./silence-watch.ts";

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

/** What is given in the place of messages of the same sequences, or where none are any more; in order. */
type StandIns = (through: number) => Promise<Stored[]>;

const CONSUME = { max_messages: 500, expires: 5000, idle_heartbeat: 1000 };

/**
 * Reads what a stream holds, in order, and ends; leaves nothing behind on the server. What vanishes
 * while it reads (deleted, purged, past its age) is left out. A connection that is lost and comes back
 * soon does not matter. It is one generator, as another around it would cost every message.
 * @throws when the log falls silent before the end, or the connection is closed
 */
export async function* readStream(
  { js, jsm }: Nats,
  { stream, filters: filter_subjects, from, through: last }: ReplayOptions,
  standIns: StandIns = async () => [],
): AsyncGenerator<Stored> {
  const through = last ?? (await jsm.streams.info(stream)).state.last_seq;
  const left = await standIns(through);
  const consumer = await js.consumers.get(stream, { filter_subjects, ...startOf(from) });
  let silence: SilenceWatch | undefined;
  try {
    if ((await consumer.info()).num_pending === 0) return yield* left;
    const messages = await consumer.consume(CONSUME);
    silence = new SilenceWatch(consumer, messages);
    for await (const message of messages) {
      silence.heard(message.info);
      if (message.seq > through) return yield* left;
      while (left[0] !== undefined && left[0].seq < message.seq) yield left.shift() as Stored;
      if (left[0]?.seq !== message.seq) yield stored(message);
      if (message.info.pending === 0 || message.seq === through) return yield* left;
      silence.waits();
    }
    if (!silence.isEnd) throw new Error("the connection was closed in the middle of a replay");
    yield* left;
  } finally {
    silence?.stop();
    await consumer.delete().catch(() => false);
  }
}
