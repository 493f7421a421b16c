import type { MessageAccepted, RetryDue } from "@waybill/schemas";
import { allOnLeader } from "../leader-reads.ts";
import { firedSince, keyOf } from "./fired-twice.ts";
import { linesOf } from "../lines-of.ts";
import type { Nats } from "../nats.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { timersOf } from "../wake.ts";
import type { Timer } from "./watch-timers.ts";

const ALL = "timer.>";
const ACCEPTED = "mail.work.*.*.accepted";

/** Milliseconds without a timer that fires, after which those that were due have fired. */
const QUIET = 1000;

/** What timers are set, by their keys. */
async function setIn(nats: Nats): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const stored of timersOf(nats, ALL, untilLed)) found.add(keyOf(stored.data));
  return found;
}

type Keys = { has: (key: string) => boolean };

type Missing = Timer & { due: RetryDue };

/** The timers of which the log knows nothing. */
async function missingOf(chunks: AsyncIterable<Uint8Array>, there: Keys): Promise<Missing[]> {
  const found = new Map<string, Missing>();
  for await (const line of linesOf(chunks)) {
    const timer = JSON.parse(line) as Timer;
    const key = keyOf(timer.payload);
    if (!there.has(key)) found.set(key, { ...timer, due: JSON.parse(timer.payload) as RetryDue });
  }
  return [...found.values()];
}

const timesWaited = ({ waiting }: RetryDue): number => waiting?.times ?? 0;

const inOrder = (one: RetryDue, other: RetryDue): number =>
  one.attempt - other.attempt || timesWaited(one) - timesWaited(other);

/** Those whose message is in the log: of one that was accepted after its end it holds nothing, and one that was erased has ended. */
async function acceptedOf(nats: Nats, timers: Missing[]): Promise<Missing[]> {
  const asked = new Set(timers.map(({ due }) => due.messageId));
  const found = new Set<string>();
  for await (const stored of replay(nats, { stream: STREAMS.mail, filters: [ACCEPTED] })) {
    const { messageId, erased } = stored.json<MessageAccepted>();
    if (asked.has(messageId) && !erased) found.add(messageId);
  }
  return timers.filter(({ due }) => found.has(due.messageId));
}

/**
 * Whether no timer of the log is set for its recipients, which comes in its time. One that has fired does not come, and
 * a later one is another matter: whoever reads the facts of the message passes over its recipients. Asked of the leader.
 */
async function isWanted(nats: Nats, { subject, due }: Missing, fired: Keys): Promise<boolean> {
  const ofMessage = `${subject.slice(0, subject.lastIndexOf("."))}.*`;
  const set = await untilLed(() => allOnLeader(nats, STREAMS.mail, ofMessage));
  const left = set.filter(({ data }) => !fired.has(keyOf(data)));
  const timers = left.map((stored) => stored.json<RetryDue>());
  const earlier = timers.filter((one) => inOrder(one, due) <= 0);
  const covered = new Set(earlier.flatMap(({ envelope }) => envelope.recipients));
  return due.envelope.recipients.some((one) => !covered.has(one));
}

/**
 * Puts into the log what timers of a backup are for, of which the restored log knows nothing. What another
 * has replaced meanwhile is there for nothing: the facts of its message, and the later timers, say so.
 * @param through last sequence of the log when the backup of timers began
 */
export async function fireMissing(
  nats: Nats,
  chunks: AsyncIterable<Uint8Array>,
  through: number,
): Promise<void> {
  // In this order: a timer that fires meanwhile is among those that were set.
  const set = await untilLed(() => setIn(nats));
  const fired = await untilLed(() => firedSince(nats, through));
  const there = { has: (key: string) => set.has(key) || fired.has(key) };
  const missing = await missingOf(chunks, there);
  if (missing.length === 0) return;
  const ofLog = await untilLed(() => acceptedOf(nats, missing));
  for (const one of ofLog.toSorted((a, b) => inOrder(a.due, b.due))) {
    if (!(await isWanted(nats, one, fired))) continue;
    const options = { msgID: `restored:${keyOf(one.payload)}` };
    await untilLed(() => nats.js.publish(one.target, one.payload, options));
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
