import {
  shown,
  type ActivityView,
  type ControlFact,
  type Shown,
  type Slug,
} from "@waybill/schemas";

/** A line of activity, with whose it is. */
export type ActivityRow = ActivityView & { tenant: Slug };

/** What a fact of the configuration did to its entity, which was `before` as far as it may be seen. */
export function activityOf(before: Shown | null, fact: ControlFact, seq: number): ActivityRow {
  const { tenant, time, actor, ip = null, kind, id, reason, entity } = fact;
  const who = { tenant, seq, time, actor, ip, reason };
  if (entity === null) return { ...who, kind, id, action: "removed", before, after: null };
  const action = before === null ? "made" : "changed";
  return { ...who, kind, id, action, before, after: shown(entity) };
}
