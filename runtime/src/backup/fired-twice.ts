import { hash } from "node:crypto";
import { JetStreamApiError } from "@nats-io/jetstream";
import type { Nats } from "../nats.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { timersOf } from "../wake.ts";

const FIRED = "mail.work.*.*.due";
const TIMERS = "timer.>";

const keyOf = (payload: Uint8Array): string => hash("sha256", payload, "base64");

/** What fired after a sequence, and the sequences of what fired again. */
async function firedSince(nats: Nats, through: number) {
  const fired = new Set<string>();
  const again: number[] = [];
  const asked = { stream: STREAMS.mail, filters: [FIRED], from: through + 1 };
  for await (const { data, seq } of replay(nats, asked)) {
    const key = keyOf(data);
    if (fired.has(key)) again.push(seq);
    fired.add(key);
  }
  return { fired, again };
}

/** Removes one of MAIL, if it is there: a timer may fire first. */
async function remove({ jsm }: Nats, seq: number): Promise<void> {
  try {
    await jsm.streams.deleteMessage(STREAMS.mail, seq, false);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.status >= 500) throw error;
  }
}

/**
 * Removes from a restored log, on which nobody works yet, the timers of which it has what they fired, and
 * what such a timer has fired again: an actor reads the facts behind an item, and those are before it.
 * @param through last sequence of the log when the backup of timers began
 */
export async function removeTwins(nats: Nats, through: number): Promise<void> {
  const { fired, again } = await untilLed(() => firedSince(nats, through));
  const spent: number[] = [];
  for await (const { data, seq } of timersOf(nats, TIMERS, untilLed))
    if (fired.has(keyOf(data))) spent.push(seq);
  for (const seq of [...spent, ...again]) await untilLed(() => remove(nats, seq));
}
