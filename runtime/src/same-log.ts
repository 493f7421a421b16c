import { firstSince } from "./first-since.ts";
import type { Nats } from "./nats.ts";

/** Up to where something was made from a stream: the sequence of its last event, and when the log kept that, if that is known. */
export type Reached = { seq: number; time: Date | undefined };

/** Milliseconds by which two readings of one time differ at most: one of them goes by a number that does not hold all nanoseconds. */
const ROUNDED = 1;

/** Whether the log kept one event, or two that it tells apart by when. */
export const isOneTime = (one: Date, other: Date): boolean =>
  Math.abs(one.getTime() - other.getTime()) <= ROUNDED;

/**
 * Why a stream is not the one that something was made from, in words; undefined when nothing speaks against
 * it. A log that lost its end gives its sequences to other events, which it kept later: so does an older
 * copy of it that is written to. An event that is gone (its age, an erasure, a timer that fired in its place)
 * cannot be compared; then none up to it may be younger than it was. The leader is asked: a replica
 * may lag behind, or still have what the others lost.
 */
export async function otherLog(
  nats: Nats,
  stream: string,
  { seq, time }: Reached,
): Promise<string | undefined> {
  const { state } = await nats.jsm.streams.info(stream);
  if (state.last_seq < seq) return `it ends at ${state.last_seq}, they at ${seq}`;
  if (seq === 0 || time === undefined) return undefined;
  const found = await nats.jsm.streams.getMessage(stream, { seq });
  if (found !== null)
    return isOneTime(found.time, time) ? undefined : `it has another event at ${seq}`;
  const later = await firstSince(nats, stream, new Date(time.getTime() + 2 * ROUNDED));
  return later > seq ? undefined : `it has later events from ${later} on, they end at ${seq}`;
}
