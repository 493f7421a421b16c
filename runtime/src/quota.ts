import { limitsOfMessage, type MessageLimit } from "@waybill/schemas";
import type { Counters } from "./counters.ts";
import type { Directory } from "./directory.ts";
import { windowOf, type Window } from "./windows.ts";

/** A limit as a message meets it now: whose it is, and the window that is counted. */
export type Quota = MessageLimit & { tenant: string; window: Window };

/** Who hands a message in; the credential by its id. */
export type Sender = { tenant: string; credential?: string };

/** The limits as of a moment. */
export const quotasAt = (tenant: string, limits: readonly MessageLimit[], now: Date): Quota[] =>
  limits.map((limit) => ({ ...limit, tenant, window: windowOf(limit.unit, now) }));

/** Every limit that a message of that sender counts for; none where none is set. */
export function quotasOf(
  directory: Directory,
  { tenant, credential }: Sender,
  now: Date,
): readonly Quota[] {
  const login =
    credential === undefined ? undefined : directory.find(tenant, "credential", credential)?.entity;
  return quotasAt(tenant, limitsOfMessage(directory.limits(tenant), login), now);
}

/** How much of a limit is used. @throws LogUnavailable */
export const usedOf = (counters: Counters, { tenant, subject, window }: Quota): Promise<number> =>
  counters.read(tenant, subject, window);

/** The first of the limits that has no room left, without counting anything. @throws LogUnavailable */
export async function findExhausted(
  counters: Counters,
  quotas: readonly Quota[],
): Promise<Quota | undefined> {
  const used = await Promise.all(quotas.map((one) => usedOf(counters, one)));
  return quotas.find(({ max }, at) => (used[at] ?? 0) >= max);
}

/** A message that was counted before it is accepted: what is not accepted in the end is given back. */
export type Reservation = {
  /** Takes the message out of the counters again; where the log is away it stays counted. */
  giveBack(): Promise<void>;
};

/**
 * Counts one message for each of the limits, all or none. A message that is not accepted then must
 * be given back; a process that dies before leaves it counted, so that never more is accepted than a
 * limit says. @returns the limit that is over, with nothing counted. @throws LogUnavailable
 */
export async function reserve(
  counters: Counters,
  quotas: readonly Quota[],
): Promise<Reservation | { over: Quota }> {
  const count = ({ tenant, subject, window }: Quota, n: number) =>
    counters.add(tenant, subject, window, n);
  const counted = await Promise.allSettled(quotas.map((one) => count(one, 1)));
  const taken = quotas.filter((_, at) => counted[at]?.status === "fulfilled");
  const giveBack = async (): Promise<void> => {
    await Promise.allSettled(taken.map((one) => count(one, -1)));
  };
  const isOver = ({ max }: Quota, at: number): boolean => {
    const total = counted[at];
    return total?.status === "fulfilled" && total.value > max;
  };
  const over = quotas.find(isOver);
  const failed = counted.find((one) => one.status === "rejected");
  if (over === undefined && failed === undefined) return { giveBack };
  await giveBack();
  if (over === undefined) throw failed?.reason;
  return { over };
}
