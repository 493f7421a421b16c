import { DeliverPolicy, jetstream, type JsMsg } from "@nats-io/jetstream";
import type { ControlFact, EntityKind } from "@waybill/schemas";
import { Directory } from "./directory.ts";
import type { Logger } from "./logger.ts";
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

function isFact(said: unknown): said is ControlFact {
  if (typeof said !== "object" || said === null) return false;
  const { tenant, kind, id, entity } = said as Record<string, unknown>;
  const isNamed = [tenant, kind, id].every((name) => typeof name === "string");
  return isNamed && typeof entity === "object";
}

/** The fact of a message; undefined when it is none that this version can read. */
function factIn(message: JsMsg): ControlFact | undefined {
  try {
    const said: unknown = message.json();
    return isFact(said) ? shareTexts(said) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A directory that holds everything CONTROL holds of these kinds (of all, by default) when this
 * resolves, and follows it from then on. `reached` needs all kinds. What is no fact changes nothing:
 * to stop at it would be to know nothing of what comes after.
 */
export async function followDirectory(
  { nc }: Nats,
  kinds?: readonly EntityKind[],
  log?: Pick<Logger, "error">,
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
      const fact = factIn(message);
      if (fact === undefined) log?.error({ seq: message.seq }, "not a fact of the configuration");
      if (fact === undefined) directory.skip(message.seq);
      else directory.apply(fact, message.seq);
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
