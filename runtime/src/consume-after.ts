import { type ConsumerMessages, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import type { Nats } from "./nats.ts";
import { orderedConsumer } from "./ordered-consumer.ts";

/** What is followed. */
export type Followed = { nats: Nats; stream: string; filters: string[] };

/** All messages that follow a sequence, in order, as far as they were read; none, when it was only begun. */
export type Batch = { after: number; messages: readonly JsMsg[] };

/** When the log kept a message: milliseconds since 1970. */
export const keptAt = ({ info }: JsMsg): number => Math.floor(info.timestampNanos / 1e6);

/**
 * The messages of a stream behind a sequence, and those to come.
 * @param what is made of them, in words: `views`
 * @throws Error when the stream ends before that sequence: it is not the one they were made from
 */
export async function consumeAfter(
  { nats, stream, filters }: Followed,
  seq: number,
  what: string,
): Promise<ConsumerMessages> {
  const { state } = await nats.jsm.streams.info(stream);
  if (state.last_seq < seq)
    throw new Error(`${what} are of another log: it ends at ${state.last_seq}, they at ${seq}`);
  const consumer = await orderedConsumer(nats, stream, {
    filter_subjects: filters,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: seq + 1,
  });
  return consumer.consume({ max_messages: 2000, expires: 5000, idle_heartbeat: 1000 });
}
