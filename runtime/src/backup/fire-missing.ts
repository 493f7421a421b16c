import { hash } from "node:crypto";
import type { MessageAccepted, RetryDue } from "@waybill/schemas";
import { allOnLeader } from "../leader-reads.ts";
import { linesOf } from "../lines-of.ts";
import type { Nats } from "../nats.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { timersOf } from "../wake.ts";
import type { Timer } from "./watch-timers.ts";

const ALL = "timer.>";
const FIRED = "mail.work.*.*.due";
const ACCEPTED = "mail.work.*.*.accepted";

/** Milliseconds without a timer that fires, after which those that were due have fired. */
const QUIET = 1000;

const keyOf = (payload: string | Uint8Array): string => hash("sha256", payload, "base64");

/** What timers there are, and what fired after a sequence: both have the timer's payload. */
async function known(nats: Nats, through: number): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const stored of timersOf(nats, ALL, untilLed)) found.add(keyOf(stored.data));
  const fired = { stream: STREAMS.mail, filters: [FIRED], from: through + 1 };
  for await (const { data } of replay(nats, fired)) found.add(keyOf(data));
  return found;
}

type Missing = Timer & { due: RetryDue };

/** The timers of which the log knows nothing. */
async function missingOf(
  chunks: AsyncIterable<Uint8Array>,
  there: ReadonlySet<string>,
): Promise<Missing[]> {
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

/** Those whose message is in the log: of one that was accepted after its end it holds nothing. */
async function acceptedOf(nats: Nats, timers: Missing[]): Promise<Missing[]> {
  const asked = new Set(timers.map(({ due }) => due.messageId));
  const found = new Set<string>();
  for await (const stored of replay(nats, { stream: STREAMS.mail, filters: [ACCEPTED] })) {
    const { messageId } = stored.json<MessageAccepted>();
    if (asked.has(messageId)) found.add(messageId);
  }
  return timers.filter(({ due }) => found.has(due.messageId));
}

/**
 * Whether no timer of the log is set for its recipients, which comes in its time. A later one is another matter:
 * whoever reads the facts of the message passes over its recipients. Asked of the leader.
 */
async function isWanted(nats: Nats, { subject, due }: Missing): Promise<boolean> {
  const ofMessage = `${subject.slice(0, subject.lastIndexOf("."))}.*`;
  const set = await untilLed(() => allOnLeader(nats, STREAMS.mail, ofMessage));
  const timers = set.map((stored) => stored.json<RetryDue>());
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
  const missing = await missingOf(chunks, await untilLed(() => known(nats, through)));
  if (missing.length === 0) return;
  const ofLog = await untilLed(() => acceptedOf(nats, missing));
  for (const one of ofLog.toSorted((a, b) => inOrder(a.due, b.due))) {
    if (!(await isWanted(nats, one))) continue;
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
