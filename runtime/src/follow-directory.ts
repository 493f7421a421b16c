import { DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { ControlFact, EntityKind } from "@waybill/schemas";
import { Directory } from "./directory.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

const subjectsOf = (kinds: readonly EntityKind[] | undefined): string[] =>
  kinds === undefined ? ["control.>"] : kinds.map((kind) => `control.*.${kind}.*`);

/** Milliseconds: the server finds the last fact of every entity first, a second or two of 400,000. */
const PATIENCE = 60_000;

/** Facts asked for at a time. */
const AT_ONCE = 2000;

/** Equal texts of a fact become one: they are kept for as long as the entity is. */
function shareTexts(fact: ControlFact): ControlFact {
  const { entity } = fact;
  if (entity?.kind === "credential" && entity.username === entity.id) entity.username = entity.id;
  if (entity?.id === fact.id) fact.id = entity.id;
  return fact;
}

/**
 * A directory that holds everything CONTROL holds of these kinds (of all, by default) when this
 * resolves, and follows it from then on. `reached` needs all kinds.
 */
export async function followDirectory(
  { nc }: Nats,
  kinds?: readonly EntityKind[],
): Promise<Directory & { stop(): Promise<void> }> {
  const directory = new Directory(kinds);
  const js = jetstream(nc, { timeout: PATIENCE });
  const consumer = await js.consumers.get(STREAMS.control, {
    deliver_policy: DeliverPolicy.LastPerSubject,
    filter_subjects: subjectsOf(kinds),
  });
  const caughtUp = Promise.withResolvers<void>();
  if ((await consumer.info()).num_pending === 0) caughtUp.resolve();
  const messages = await consumer.consume({
    max_messages: AT_ONCE,
    expires: 5000,
    idle_heartbeat: 1000,
    callback: (message) => {
      directory.apply(shareTexts(message.json<ControlFact>()), message.seq);
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
