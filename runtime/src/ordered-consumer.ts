import { type Consumer, jetstream, type OrderedConsumerOptions } from "@nats-io/jetstream";
import type { Nats } from "./nats.ts";
import { untilLed } from "./until-led.ts";

/** Milliseconds: for the first try, and for all of them together. */
type Patience = { first: number; all: number };

/** For a consumer that begins where it is told. */
const SOON: Patience = { first: 1000, all: 12_000 };

/** For one that begins with the last message of every subject: of 400,000 the server finds them in a second or two. */
export const AFTER_A_SCAN: Patience = { first: 5000, all: 60_000 };

/**
 * An ordered consumer of its own. A cluster gives one to any of the servers it knows, for 150 s even to one that was
 * killed, and leaves it there as long as its name is asked for: so each try has another name, for which the options
 * are copied, because the library writes the name into them.
 * @throws when nobody answers in time, or the stream is not there
 */
export function orderedConsumer(
  { nc }: Nats,
  stream: string,
  wanted: Partial<OrderedConsumerOptions>,
  { first, all }: Patience = SOON,
): Promise<Consumer> {
  const get = (timeout: number) => jetstream(nc, { timeout }).consumers.get(stream, { ...wanted });
  const begun = Date.now();
  return untilLed(() => get(first + (Date.now() - begun) / 4), begun + all);
}
