import type { ActivityView } from "@waybill/schemas";
import type { ActivityQuery } from "../shapes/activity.ts";
import type { TenantView } from "../views.ts";
import { ACTIVITY } from "./columns.ts";

/** A filter that is not given is NULL: the planner folds its condition away. */
const PAGE = `
  SELECT ${ACTIVITY} FROM activity
  WHERE tenant = $1
    AND ($2::int8 IS NULL OR activity.seq < $2)
    AND ($3::text IS NULL OR actor = $3)
    AND ($4::text IS NULL OR kind = $4)
    AND ($5::text IS NULL OR id = $5)
    AND ($6::timestamptz IS NULL OR activity.time >= $6)
    AND ($7::timestamptz IS NULL OR activity.time < $7)
  ORDER BY activity.seq DESC LIMIT $8`;

/** Up to `limit + 1` changes that match, newest first, before the sequence `before` if given. */
export async function listActivity(
  { tx, tenant }: TenantView,
  { actor, kind, id, from, to, limit }: ActivityQuery,
  before: string | undefined,
): Promise<ActivityView[]> {
  const values = [tenant, before, actor, kind, id, from, to, limit + 1];
  return (await tx.query<ActivityView>(PAGE, values)).rows;
}
