import type { DeadLetter, DeadLetterFilter } from "../shapes/dead-letter.ts";
import type { TenantView } from "../views.ts";
import { SUMMARY } from "./columns.ts";
import { recipientsOf } from "./recipients.ts";

const PAGE = `
  SELECT ${SUMMARY} FROM messages
  WHERE tenant = $1
    AND ($2::text IS NULL OR id < $2)
    AND id IN (
      SELECT message_id FROM recipients
      WHERE tenant = $1 AND status = 'dead'
        AND ($3::text IS NULL OR reason = $3)
        AND ($4::text IS NULL OR address_lower = lower($4))
        AND ($5::timestamptz IS NULL OR updated_at >= $5)
        AND ($6::timestamptz IS NULL OR updated_at < $6))
  ORDER BY id DESC LIMIT $7`;

type Range = { before: string | undefined; limit: number };

/** Up to `limit + 1` messages with a dead recipient that matches, newest first, with all their dead ones. */
export async function listDeadLetters(
  view: TenantView,
  { reason, recipient, from, to }: DeadLetterFilter,
  { before, limit }: Range,
): Promise<DeadLetter[]> {
  const values = [view.tenant, before, reason, recipient, from, to, limit + 1];
  const { rows } = await view.tx.query<Omit<DeadLetter, "recipients">>(PAGE, values);
  const recipients = await recipientsOf(
    view,
    rows.map((row) => row.id),
    "dead",
  );
  return rows.map((row) => Object.assign(row, { recipients: recipients(row.id) }));
}
