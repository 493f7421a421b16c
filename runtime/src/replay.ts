import { DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import type { Nats } from "./nats.ts";

/** One message of a stream, as it is kept. */
export type Stored = { seq: number; subject: string; time: Date; data: Uint8Array; json<T>(): T };

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

/** Reads what a stream holds, in order, and ends; leaves nothing behind on the server. */
export async function* replay({ js, jsm }: Nats, options: ReplayOptions): AsyncGenerator<Stored> {
  const through = options.through ?? (await jsm.streams.info(options.stream)).state.last_seq;
  const consumer = await js.consumers.get(options.stream, {
    filter_subjects: options.filters,
    ...startOf(options.from),
  });
  try {
    if ((await consumer.info()).num_pending === 0) return;
    const messages = await consumer.consume({
      max_messages: 500,
      expires: 5000,
      idle_heartbeat: 1000,
    });
    for await (const message of messages) {
      if (message.seq > through) return;
      yield stored(message);
      if (message.info.pending === 0 || message.seq === through) return;
    }
  } finally {
    await consumer.delete().catch(() => false);
  }
}

/** The message at one sequence, or undefined when the stream does not hold it (any more). */
export async function readOne(
  { jsm }: Nats,
  stream: string,
  seq: number,
): Promise<Stored | undefined> {
  const message = await jsm.direct.getMessage(stream, { seq });
  if (message === null) return undefined;
  const { subject, time, data } = message;
  return { seq, subject, time, data, json: <T>() => message.json<T>() };
}

/** The sequence of the last message of some subjects, or 0 when the stream holds none. */
export async function lastSeqOf({ jsm }: Nats, stream: string, subjects: string): Promise<number> {
  const message = await jsm.direct.getMessage(stream, { last_by_subj: subjects });
  return message?.seq ?? 0;
}
