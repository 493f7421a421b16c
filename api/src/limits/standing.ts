import { usedOf } from "@waybill/runtime";
import { cursorsOf, pageOf } from "../cursor.ts";
import type { Deps } from "../deps.ts";
import type { LimitUse } from "../shapes/limits.ts";
import { rowsOf, type Row } from "./rows.ts";

const none = { window: null, used: null, remaining: null, resetsAt: null };
const left = (limit: number, used: number) => ({ used, remaining: Math.max(0, limit - used) });

/** What of a limit is used; of recipients of a message there is no such thing. */
async function useOf({ counters, seats }: Deps, tenant: string, row: Row): Promise<LimitUse> {
  const { id: _id, quota, ...said } = row;
  if (quota !== undefined) {
    const used = await usedOf(counters, quota);
    const resetsAt = quota.window.endsAt.toISOString();
    return { ...said, window: quota.unit, ...left(said.limit, used), resetsAt };
  }
  if (said.counts === "recipients") return { ...said, ...none };
  return { ...said, ...none, ...left(said.limit, await seats.read(tenant)) };
}

/** A page of a tenant's limits as they stand; only what counts for that page is read. @throws LogUnavailable */
export async function standingOf(
  deps: Deps,
  tenant: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const { directory, secrets, now } = deps;
  const cursors = cursorsOf(secrets, "limits", tenant);
  const after = cursor === undefined ? "" : cursors.read(cursor);
  const rest = rowsOf(directory, tenant, now()).filter(({ id }) => id > after);
  const { items, nextCursor } = pageOf(rest.slice(0, limit + 1), limit, cursors);
  return { items: await Promise.all(items.map((row) => useOf(deps, tenant, row))), nextCursor };
}
