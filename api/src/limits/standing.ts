import { type Counters, usedOf } from "@waybill/runtime";
import { cursorsOf, pageOf } from "../cursor.ts";
import type { Deps } from "../deps.ts";
import type { LimitUse } from "../shapes/limits.ts";
import { rowsOf, type Row } from "./rows.ts";

async function useOf(counters: Counters, { id: _id, quota, ...row }: Row): Promise<LimitUse> {
  if (quota === undefined)
    return { ...row, window: null, used: null, remaining: null, resetsAt: null };
  const used = await usedOf(counters, quota);
  const remaining = Math.max(0, row.limit - used);
  const resetsAt = quota.window.endsAt.toISOString();
  return { ...row, window: quota.unit, used, remaining, resetsAt };
}

/** A page of a tenant's limits as they stand; only the counters of that page are read. @throws LogUnavailable */
export async function standingOf(
  { directory, counters, secrets, now }: Deps,
  tenant: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const cursors = cursorsOf(secrets, "limits", tenant);
  const after = cursor === undefined ? "" : cursors.read(cursor);
  const rest = rowsOf(directory, tenant, now()).filter(({ id }) => id > after);
  const { items, nextCursor } = pageOf(rest.slice(0, limit + 1), limit, cursors);
  return { items: await Promise.all(items.map((row) => useOf(counters, row))), nextCursor };
}
