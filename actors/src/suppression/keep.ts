import {
  comparedAddress,
  ControlConflict,
  type Directory,
  lastFact,
  type Logger,
  type Nats,
  ownFact,
  putEntity,
  suppressionIdOf,
} from "@waybill/runtime";
import {
  type ControlFact,
  type FactEvent,
  isFeedback,
  MOST_SUPPRESSIONS,
  type Suppression,
} from "@waybill/schemas";
import { learn } from "./learn.ts";

/** What the keeper of suppressions works with. */
export type Keeper = {
  nats: Nats;
  log: Logger;
  directory: Pick<Directory, "tenant" | "lastSeq" | "count">;
};

/**
 * Whether what was learnt at a moment changes what the last fact of its address says: what people
 * removed, or said otherwise, later than that stays so, and what holds without end needs no other.
 */
function isNews(last: ControlFact | undefined, at: string): boolean {
  if (last === undefined) return true;
  const { entity, time } = last;
  if (entity?.kind === "suppression" && entity.expiresAt === undefined) return false;
  return Date.parse(time) < Date.parse(at);
}

async function keep({ nats }: Keeper, tenant: string, learnt: Suppression): Promise<void> {
  for (;;) {
    const last = await lastFact(nats, tenant, "suppression", learnt.id);
    if (!isNews(last?.fact, learnt.at)) return;
    const fact = ownFact(tenant, learnt, `learnt from ${learnt.origin}`);
    try {
      await putEntity(nats, fact, last?.seq ?? 0);
      return;
    } catch (error) {
      if (!(error instanceof ControlConflict)) throw error;
    }
  }
}

/** A tenant that was deleted has no list, and one with a full list gets no more by itself. */
function hasRoom({ directory, log }: Keeper, tenant: string): boolean {
  const isDeleted =
    directory.tenant(tenant) === undefined && directory.lastSeq(tenant, "tenant", tenant) > 0;
  const isFull = directory.count(tenant, "suppression") >= MOST_SUPPRESSIONS;
  if (isFull) log.error({ tenant, max: MOST_SUPPRESSIONS }, "the suppression list is full");
  return !isDeleted && !isFull;
}

/** When what a fact tells of happened: by whoever tells it, if not later than we heard of it. */
function happenedAt(fact: FactEvent): string {
  if (!isFeedback(fact)) return fact.time;
  return Date.parse(fact.at) < Date.parse(fact.time) ? fact.at : fact.time;
}

/**
 * Keeps what a fact tells of addresses as suppressions of its tenant; resolves when they are in
 * CONTROL. The same fact again changes nothing. @throws LogUnavailable
 */
export async function keepLearnt(keeper: Keeper, fact: FactEvent): Promise<void> {
  const { tenant, messageId } = fact;
  const at = happenedAt(fact);
  const all = learn(fact);
  if (all.length === 0 || !hasRoom(keeper, tenant)) return;
  for (const { address, ...what } of all) {
    const id = suppressionIdOf(address);
    const compared = comparedAddress(address);
    const suppression = { id, address: compared, ...what, messageId, at } as const;
    await keep(keeper, tenant, { kind: "suppression", ...suppression });
  }
}
