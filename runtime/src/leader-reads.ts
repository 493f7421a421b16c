import type { StoredMsg } from "@nats-io/jetstream";
import type { Nats } from "./nats.ts";

/*
 * In a cluster a direct get, and a consumer without replicas, may be served by a replica that has not
 * caught up: "nothing there" of such a one proves nothing. What a decision rests on is read from the
 * leader of the stream, as STREAM.MSG.GET and STREAM.INFO are.
 */

/** The last message of a subject, wildcards allowed, as the leader of the stream has it. */
export const lastOnLeader = (
  { jsm }: Nats,
  stream: string,
  subject: string,
): Promise<StoredMsg | null> => jsm.streams.getMessage(stream, { last_by_subj: subject });

/** The last message that any of these filters lets through. */
export async function lastOfAny(
  nats: Nats,
  stream: string,
  filters: readonly string[],
): Promise<StoredMsg | undefined> {
  const last = await Promise.all(filters.map((one) => lastOnLeader(nats, stream, one)));
  return last.filter((one) => one !== null).toSorted((a, b) => b.seq - a.seq)[0];
}

/** The message of a sequence: whichever replica has it, and the leader when that one has not. */
export const bySequence = async (
  { jsm }: Nats,
  stream: string,
  seq: number,
): Promise<StoredMsg | null> =>
  (await jsm.direct.getMessage(stream, { seq })) ?? (await jsm.streams.getMessage(stream, { seq }));

/** The first message of a subject with wildcards from a sequence on, as the leader of the stream has it. */
export function nextOnLeader(
  { jsm }: Nats,
  stream: string,
  subject: string,
  seq: number,
): Promise<StoredMsg | null> {
  // The library's type knows no such question to the leader.
  const asked = { seq, next_by_subj: subject };
  return jsm.streams.getMessage(stream, asked);
}

/** The messages of a subject with wildcards, in order, as the leader has them: one request each. */
export async function allOnLeader(
  nats: Nats,
  stream: string,
  subject: string,
): Promise<StoredMsg[]> {
  const found: StoredMsg[] = [];
  for (let seq = 1; ;) {
    const next = await nextOnLeader(nats, stream, subject, seq);
    if (next === null) return found;
    found.push(next);
    seq = next.seq + 1;
  }
}
