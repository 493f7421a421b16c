import { type ConsumerMessages, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import type { Nats } from "./nats.ts";
import { orderedConsumer } from "./ordered-consumer.ts";
import { otherLog, type Reached } from "./same-log.ts";

/** What is followed. */
export type Followed = { nats: Nats; stream: string; filters: string[] };

/** All messages that follow a sequence, in order, as far as they were read; none, when it was only begun. */
export type Batch = { after: number; messages: readonly JsMsg[] };

/** When the log kept a message: milliseconds since 1970. */
export const keptAt = ({ info }: JsMsg): number => Math.floor(info.timestampNanos / 1e6);

/** The log is not the one that views were made from: it lost its end, or another one is in its place. */
export class OtherLog extends Error {
  override readonly name = "OtherLog";

  constructor(why: string) {
    super(`views are of another log: ${why}: \`npm run rebuild\` makes them anew`);
  }
}

/**
 * The messages of a stream behind what views hold of it, and those to come. Ends with an error when its consumer had
 * to be made again: the server that is there then may have lost what it had.
 * @throws OtherLog
 */
export async function consumeAfter(
  { nats, stream, filters }: Followed,
  reached: Reached,
): Promise<ConsumerMessages> {
  const consumer = await orderedConsumer(nats, stream, {
    filter_subjects: filters,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: reached.seq + 1,
  });
  // Afterwards: a server that begins again from here on does not know the consumer.
  await requireSame(nats, stream, reached).catch(async (error: unknown) => {
    await consumer.delete().catch(() => false);
    throw error;
  });
  const messages = await consumer.consume({
    max_messages: 2000,
    expires: 5000,
    idle_heartbeat: 1000,
  });
  void endWhenMadeAgain(messages);
  return messages;
}

async function requireSame(nats: Nats, stream: string, reached: Reached): Promise<void> {
  const why = await otherLog(nats, stream, reached);
  if (why !== undefined) throw new OtherLog(why);
}

async function endWhenMadeAgain(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status())
    if (type === "ordered_consumer_recreated")
      messages.stop(new Error("the reading was broken off"));
}
