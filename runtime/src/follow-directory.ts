import { DeliverPolicy } from "@nats-io/jetstream";
import type { ControlFact, EntityKind } from "@waybill/schemas";
import { Directory } from "./directory.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

const subjectsOf = (kinds: readonly EntityKind[] | undefined): string[] =>
  kinds === undefined ? ["control.>"] : kinds.map((kind) => `control.*.${kind}.*`);

/**
 * A directory that holds everything CONTROL holds of these kinds (of all, by default) when this
 * resolves, and follows it from then on. `reached` needs all kinds.
 */
export async function followDirectory(
  { js }: Nats,
  kinds?: readonly EntityKind[],
): Promise<Directory & { stop(): Promise<void> }> {
  const directory = new Directory();
  const consumer = await js.consumers.get(STREAMS.control, {
    deliver_policy: DeliverPolicy.LastPerSubject,
    filter_subjects: subjectsOf(kinds),
  });
  const caughtUp = Promise.withResolvers<void>();
  if ((await consumer.info()).num_pending === 0) caughtUp.resolve();
  const messages = await consumer.consume({
    max_messages: 500,
    expires: 5000,
    idle_heartbeat: 1000,
    callback: (message) => {
      directory.apply(message.json<ControlFact>(), message.seq);
      if (message.info.pending === 0) caughtUp.resolve();
    },
  });
  await caughtUp.promise;
  return Object.assign(directory, {
    stop: async () => {
      await messages.close();
    },
  });
}
