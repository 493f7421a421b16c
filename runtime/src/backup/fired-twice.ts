import { hash } from "node:crypto";
import { JetStreamApiError } from "@nats-io/jetstream";
import { bySequence } from "../leader-reads.ts";
import type { Nats } from "../nats.ts";
import { readStream } from "../read-stream.ts";
import { STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { timersOf } from "../wake.ts";

const FIRED = "mail.work.*.*.due";
const TIMERS = "timer.>";

/** Names a timer, and what it fires: both have its payload. */
export const keyOf = (payload: string | Uint8Array): string => hash("sha256", payload, "base64");

/** Of what fired after a sequence, and is as it fired, the sequences by its key. */
export async function firedSince(
  nats: Nats,
  through: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const fired = new Map<string, number[]>();
  const asked = { stream: STREAMS.mail, filters: [FIRED], from: through + 1 };
  for await (const { data, seq } of readStream(nats, asked)) {
    const key = keyOf(data);
    fired.set(key, [...(fired.get(key) ?? []), seq]);
  }
  return fired;
}

/** Removes one of MAIL; what is gone already, as a timer that fires first, stays so. */
async function remove(nats: Nats, seq: number): Promise<void> {
  try {
    await nats.jsm.streams.deleteMessage(STREAMS.mail, seq, false);
  } catch (error) {
    const isRefused = error instanceof JetStreamApiError;
    if (!isRefused || (await bySequence(nats, STREAMS.mail, seq)) !== null) throw error;
  }
}

/** Where a restored log was when its backup of timers began, and where it ended as it was restored. */
export type Span = { through: number; end: number };

/**
 * Removes from a restored log, on which nobody works yet, the timers of which it has what they fired, and
 * what such a timer has fired again since: an actor reads the facts behind an item, and those are before it.
 */
export async function removeTwins(nats: Nats, { through, end }: Span): Promise<void> {
  const fired = await untilLed(() => firedSince(nats, through));
  const again = [...fired.values()].flatMap(([, ...repeats]) => repeats);
  const spent: number[] = [];
  for await (const { data, seq } of timersOf(nats, TIMERS, untilLed))
    if (fired.has(keyOf(data))) spent.push(seq);
  for (const seq of [...spent, ...again.filter((one) => one > end)])
    await untilLed(() => remove(nats, seq));
}
