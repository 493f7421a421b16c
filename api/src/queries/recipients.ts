import type { RecipientStatus, RecipientView } from "@waybill/schemas";
import type { TenantView } from "../views.ts";
import { RECIPIENT } from "./columns.ts";

const OF_MESSAGES = `
  SELECT ${RECIPIENT} FROM recipients
  WHERE tenant = $1 AND message_id = ANY($2) AND ($3::text IS NULL OR status = $3)
  ORDER BY message_id, idx`;

/** The recipients of each of these messages, in the order of the envelope; only those of a status, if given. */
export async function recipientsOf(
  { tx, tenant }: TenantView,
  ids: string[],
  status?: RecipientStatus,
): Promise<(id: string) => RecipientView[]> {
  const values = [tenant, ids, status];
  const { rows } = await tx.query<RecipientView & { messageId: string }>(OF_MESSAGES, values);
  const byMessage = Map.groupBy(rows, (row) => row.messageId);
  return (id) => byMessage.get(id) ?? [];
}
