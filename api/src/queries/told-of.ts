import type { RecipientView } from "@waybill/schemas";
import type { TenantView } from "../views.ts";
import { recipientsOf } from "./recipients.ts";

/** A message as feedback finds it. */
export type ToldOf = { id: string; traceId: string; recipients: RecipientView[] };

const THESE = `SELECT id, trace_id AS "traceId" FROM messages WHERE tenant = $1 AND id = ANY($2)`;

/** Those of these messages that the tenant has, by id. */
export async function toldOf(view: TenantView, ids: string[]): Promise<Map<string, ToldOf>> {
  const { rows } = await view.tx.query<Omit<ToldOf, "recipients">>(THESE, [view.tenant, ids]);
  const recipients = await recipientsOf(
    view,
    rows.map(({ id }) => id),
  );
  return new Map(rows.map((row) => [row.id, { ...row, recipients: recipients(row.id) }]));
}
