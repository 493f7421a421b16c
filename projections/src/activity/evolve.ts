import {
  shown,
  type ActivityView,
  type ControlFact,
  type Shown,
  type Slug,
} from "@waybill/schemas";

/** A line of activity, with whose it is. */
export type ActivityRow = ActivityView & { tenant: Slug };

/**
 * What a fact of the configuration did to its entity, which was `before` as far as it may be seen; of
 * one whose history was erased nobody tells what it was.
 */
export function activityOf(was: Shown | null, fact: ControlFact, seq: number): ActivityRow {
  const before = fact.erased ? null : was;
  const { tenant, time, actor, ip = null, kind, id, reason, entity } = fact;
  const who = { tenant, seq, time, actor, ip, reason };
  if (entity === null) return { ...who, kind, id, action: "removed", before, after: null };
  const action = before === null ? "made" : "changed";
  return { ...who, kind, id, action, before, after: shown(entity) };
}
