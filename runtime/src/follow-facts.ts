import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { factsOfType, type FactEvent, type FactType } from "@waybill/schemas";
import pLimit from "p-limit";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";
import { untilLed } from "./until-led.ts";
import { within } from "./within.ts";

/** Milliseconds until a fact that nobody acknowledged comes again. */
const ACK_WAIT = 30_000;

/** Milliseconds until one that failed comes again: so many for each delivery, up to a most. */
const AGAIN = { each: 2000, most: 300_000 };

/** Facts acted on at once, and held by a process beside them. */
const [AT_ONCE, HELD] = [16, 100];

/** Milliseconds a stop waits for facts that are acted on; those that take longer come again to another. */
const STOP = 5000;

/** Facts that did not come to be acted on so many times, in three days, are left. */
const MOST_TRIES = 1000;

export type FactWorkerOptions = {
  nats: Nats;
  log: Logger;
  /** Of the durable consumer: what was acted on under it does not come again. */
  name: string;
  types: readonly [FactType, ...FactType[]];
  /**
   * Acts on a fact; resolves once everything that came of it is durable, because the fact is
   * acknowledged then. One may come more than once, and after later ones.
   */
  handle: (fact: FactEvent) => Promise<void>;
};

/** A follower of facts. */
export type FactWorker = { stop(): Promise<void> };

/**
 * Hands every fact of these types, of all tenants, to `handle` until it has succeeded. Processes
 * that follow under the same name share the facts, and what one had in hand when it died comes to
 * another. Begins with the oldest fact that the log holds.
 */
export async function workFacts(options: FactWorkerOptions): Promise<FactWorker> {
  const { nats, log, name, types, handle } = options;
  const wanted: Partial<ConsumerConfig> = {
    durable_name: name,
    filter_subjects: types.map(factsOfType),
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT),
    max_deliver: MOST_TRIES,
    max_ack_pending: 1000,
  };
  await untilLed(() => nats.jsm.consumers.add(STREAMS.mail, wanted));
  const limit = pLimit(AT_ONCE);
  const inHand = new Set<Promise<void>>();
  const act = async (message: JsMsg): Promise<void> => {
    try {
      await handle(message.json<FactEvent>());
      message.ack();
    } catch (error) {
      const { deliveryCount: tries } = message.info;
      const said = { err: error, seq: message.seq, consumer: name, tries };
      if (tries < MOST_TRIES) log.warn(said, "fact put back");
      else log.error(said, "fact left: it could not be acted on");
      message.nak(Math.min(AGAIN.each * tries, AGAIN.most));
    }
  };
  const consumer = await untilLed(() => nats.js.consumers.get(STREAMS.mail, name));
  const messages = await consumer.consume({
    max_messages: HELD,
    expires: 5000,
    idle_heartbeat: 1000,
    callback: (message) => {
      const acted = limit(() => act(message));
      inHand.add(acted);
      void acted.finally(() => inHand.delete(acted));
    },
  });
  return {
    stop: async () => {
      const ended = messages.close().then(() => Promise.all(inHand));
      await within(STOP, ended);
    },
  };
}
