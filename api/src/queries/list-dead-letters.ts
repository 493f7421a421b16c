import type { DeadLetter, DeadLetterFilter } from "../shapes/dead-letter.ts";
import type { TenantView } from "../views.ts";
import { SUMMARY } from "./columns.ts";
import { recipientsOf } from "./recipients.ts";

const MATCHING = `
  SELECT DISTINCT message_id AS id FROM recipients
  WHERE tenant = $1 AND status = 'dead'
    AND ($2::text IS NULL OR message_id < $2)
    AND ($3::text IS NULL OR reason = $3)
    AND ($4::text IS NULL OR address_lower = lower($4))
    AND ($5::timestamptz IS NULL OR updated_at >= $5)
    AND ($6::timestamptz IS NULL OR updated_at < $6)
  ORDER BY message_id DESC LIMIT $7`;

type Range = { before: string | undefined; limit: number };

/** The ids of up to `limit + 1` messages with a dead recipient that matches, newest first. */
export async function deadLetterIds(
  { tx, tenant }: TenantView,
  { reason, recipient, from, to }: DeadLetterFilter,
  { before, limit }: Range,
): Promise<string[]> {
  const values = [tenant, before, reason, recipient, from, to, limit + 1];
  return (await tx.query<{ id: string }>(MATCHING, values)).rows.map((row) => row.id);
}

const THESE = `
  SELECT ${SUMMARY} FROM messages WHERE tenant = $1 AND id = ANY($2) ORDER BY id DESC`;

/** Those messages, each with all its dead recipients. */
export async function listDeadLetters(
  view: TenantView,
  filter: DeadLetterFilter,
  range: Range,
): Promise<DeadLetter[]> {
  const ids = await deadLetterIds(view, filter, range);
  const { rows } = await view.tx.query<Omit<DeadLetter, "recipients">>(THESE, [view.tenant, ids]);
  const recipients = await recipientsOf(view, ids, "dead");
  return rows.map((row) => Object.assign(row, { recipients: recipients(row.id) }));
}
