import type { Tx } from "@waybill/runtime/postgres";
import type { ControlFact, Shown } from "@waybill/schemas";
import type { Entry } from "../read-event.ts";
import { type ActivityRow, activityOf } from "./evolve.ts";
import { loadBefore, type Ref } from "./load.ts";
import { forgetActivity, writeActivity } from "./write.ts";

const keyOf = ({ tenant, kind, id }: Omit<Ref, "seq">): string => `${tenant}/${kind}/${id}`;

/** The first fact of each entity in a batch: what was before it is not in the batch. */
function firstOf(entries: readonly Entry<ControlFact>[]): Ref[] {
  const first = new Map<string, Ref>();
  for (const { event, seq } of entries) {
    const { tenant, kind, id } = event;
    if (!first.has(keyOf(event))) first.set(keyOf(event), { tenant, kind, id, seq });
  }
  return [...first.values()];
}

/** The facts that say that those before them are erased. */
function erasedIn(entries: readonly Entry<ControlFact>[]): Ref[] {
  const erased = entries.filter(({ event }) => event.erased);
  return erased.map(({ event: { tenant, kind, id }, seq }) => ({ tenant, kind, id, seq }));
}

/**
 * Writes what a batch of facts of the configuration did, each against what was before it, and forgets
 * what was before those that were erased: a rebuild does not find it either.
 */
export async function projectActivity(
  entries: readonly Entry<ControlFact>[],
  tx: Tx,
): Promise<void> {
  const before = await loadBefore(tx, firstOf(entries));
  const last = new Map<string, Shown | null>(before.map((one) => [keyOf(one), one.after]));
  const rows = entries.map(({ event, seq }): ActivityRow => {
    const row = activityOf(last.get(keyOf(event)) ?? null, event, seq);
    last.set(keyOf(event), row.after);
    return row;
  });
  await writeActivity(tx, rows);
  await forgetActivity(tx, erasedIn(entries));
}
