import { hash } from "node:crypto";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { StoredMsg } from "@nats-io/jetstream";
import type { Nats } from "../nats.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { timersOf } from "../wake.ts";

/** What a timer puts into the log, and where. */
type Timer = { subject: string; target: string; payload: string };

const ALL = "timer.>";
const FIRED = "mail.work.*.*.due";

/** Milliseconds without a timer that fires, after which those that were due have fired. */
const QUIET = 1000;

const timerOf = (stored: StoredMsg): Timer => ({
  subject: stored.subject,
  target: stored.header.get("Nats-Schedule-Target"),
  payload: stored.string(),
});

/**
 * The timers that are set, a line each. A timer that fires while the snapshot of MAIL is taken may
 * leave nothing in it: the server has packed the end of the log already when it removes the timer from
 * the part that it has not packed yet, and what fired comes after the end. So they are read before.
 */
export async function* timerLines(nats: Nats): AsyncGenerator<Uint8Array> {
  for await (const stored of timersOf(nats, ALL))
    yield Buffer.from(`${JSON.stringify(timerOf(stored))}\n`);
}

const keyOf = (payload: string | Uint8Array): string => hash("sha256", payload, "base64");

/** What timers there are, and what fired after a sequence: both have the timer's payload. */
async function known(nats: Nats, through: number): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const stored of timersOf(nats, ALL)) found.add(keyOf(stored.data));
  const fired = { stream: STREAMS.mail, filters: [FIRED], from: through + 1 };
  for await (const { data } of replay(nats, fired)) found.add(keyOf(data));
  return found;
}

/**
 * Has timers fire now that are in a backup's list and of which the restored log knows nothing. One that
 * was replaced meanwhile fires for nothing: the facts of its message say that it was.
 * @param through last sequence of the log when the list was made
 */
export async function fireMissing(
  nats: Nats,
  lines: AsyncIterable<Uint8Array>,
  through: number,
): Promise<void> {
  const there = await known(nats, through);
  for await (const line of createInterface(Readable.from(lines))) {
    const { subject, target, payload } = JSON.parse(line) as Timer;
    const key = keyOf(payload);
    if (there.has(key)) continue;
    const options = { msgID: `restored:${key}`, schedule: { specification: new Date(), target } };
    await untilLed(() => nats.js.publish(subject, payload, options));
  }
}

/**
 * Resolves when what was due has fired. It then is older than the start of any actor, which reads what
 * became of such items before it acts on them: a timer may be in a backup with what it fired.
 */
export async function firedOut({ nc }: Nats): Promise<void> {
  const fired = nc.subscribe("events.*.due");
  const quiet = setTimeout(() => fired.unsubscribe(), QUIET);
  for await (const _ of fired) quiet.refresh();
}
