import {
  type Consumer,
  DeliverPolicy,
  type ConsumerMessages,
  type JsMsg,
} from "@nats-io/jetstream";
import type { ControlFact, EntityKind } from "@waybill/schemas";
import { setTimeout as sleep } from "node:timers/promises";
import { Directory } from "./directory.ts";
import { lastOfAny } from "./leader-reads.ts";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import { AFTER_A_SCAN, orderedConsumer } from "./ordered-consumer.ts";
import { endWhenSilent } from "./silence.ts";
import { STREAMS } from "./streams.ts";

const subjectsOf = (kinds: readonly EntityKind[] | undefined): string[] =>
  kinds === undefined ? ["control.>"] : kinds.map((kind) => `control.*.${kind}.*`);

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

/** Milliseconds until a tail that broke off is taken up again. */
const AGAIN = 500;

/** What follows CONTROL for a directory. */
type Tail = {
  nats: Nats;
  subjects: string[];
  /** Called with every message, in order. */
  fold: (message: JsMsg) => void;
};

/** A consumer of the last fact of every entity, and what follows; or of what follows a sequence, that included. */
function consumerFrom({ nats, subjects }: Tail, from?: number): Promise<Consumer> {
  const last = { deliver_policy: DeliverPolicy.LastPerSubject, filter_subjects: subjects };
  if (from === undefined) return orderedConsumer(nats, STREAMS.control, last, AFTER_A_SCAN);
  const begin = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from };
  return orderedConsumer(nats, STREAMS.control, { ...begin, filter_subjects: subjects });
}

/** Opens a tail from a sequence on; from the last fact of every entity, without one. */
async function openTail(tail: Tail, from?: number): Promise<ConsumerMessages> {
  const consumer = await consumerFrom(tail, from);
  let heard: (() => void) | undefined;
  const callback = (message: JsMsg): void => {
    heard?.();
    tail.fold(message);
  };
  const pull = { max_messages: AT_ONCE, expires: 5000, idle_heartbeat: 1000 };
  const messages = await consumer.consume({ ...pull, callback });
  heard = endWhenSilent(messages, true);
  return messages;
}

/** Follows for as long as it is not stopped: a tail whose server is gone goes on at another. */
async function keepTail(tail: Tail, next: () => number | undefined): Promise<() => Promise<void>> {
  const stopped = new AbortController();
  let messages = await openTail(tail, next());
  const goOn = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await messages.closed();
      if (stopped.signal.aborted || tail.nats.nc.isClosed()) return;
      await sleep(AGAIN);
      messages = await openTail(tail, next()).catch(() => messages);
    }
    await messages.close();
  };
  void goOn();
  return async () => {
    stopped.abort();
    await messages.close();
  };
}

/**
 * A directory that holds everything CONTROL holds of these kinds (of all, by default) when this
 * resolves, as the leader of the stream has it, and follows it from then on. `reached` needs all kinds.
 * What is no fact changes nothing: to stop at it would be to know nothing of what comes after.
 */
export async function followDirectory(
  nats: Nats,
  kinds?: readonly EntityKind[],
  log?: Pick<Logger, "error">,
): Promise<Directory & { stop(): Promise<void> }> {
  const directory = new Directory(kinds);
  const subjects = subjectsOf(kinds);
  const last = (await lastOfAny(nats, STREAMS.control, subjects))?.seq ?? 0;
  const caughtUp = Promise.withResolvers<void>();
  let next: number | undefined;
  const fold = (message: JsMsg): void => {
    const fact = factIn(message);
    if (fact === undefined) log?.error({ seq: message.seq }, "not a fact of the configuration");
    if (fact === undefined) directory.skip(message.seq);
    else directory.apply(fact, message.seq);
    next = message.seq + 1;
    if (message.seq >= last) caughtUp.resolve();
  };
  if (last === 0) caughtUp.resolve();
  const stop = await keepTail({ nats, subjects, fold }, () => next);
  await caughtUp.promise;
  return Object.assign(directory, { stop });
}
