import type { Tx } from "@waybill/runtime/postgres";
import type { MessageView } from "@waybill/schemas";

const SQL = `
SELECT row_to_json(view) AS view FROM (
  SELECT m.id, m.tenant, m.status, m.sender, m.subject, m.header_from AS "headerFrom",
    m.header_message_id AS "headerMessageId", m.size, m.attempts, m.accepted_at AS "acceptedAt",
    m.updated_at AS "updatedAt", m.next_attempt_at AS "nextAttemptAt", m.credential, m.client,
    m.trace_id AS "traceId", m.accepted_seq AS "acceptedSeq", m.last_seq AS "lastSeq",
    (SELECT json_agg(json_build_object('address', r.address, 'status', r.status,
        'attempts', r.attempts, 'response', r.response, 'class', r.class, 'reason', r.reason,
        'provider', r.provider, 'updatedAt', r.updated_at, 'feedback', r.feedback) ORDER BY r.idx)
      FROM recipients r WHERE r.tenant = m.tenant AND r.message_id = m.id
        AND r.message_id BETWEEN $3 AND $4) AS recipients
  FROM unnest($1::text[], $2::text[]) AS wanted(tenant, id)
  CROSS JOIN LATERAL (SELECT * FROM messages
    WHERE messages.tenant = wanted.tenant AND messages.id = wanted.id
      AND messages.id BETWEEN $3 AND $4 LIMIT 1) m
) view`;

/**
 * The views of these messages, as far as they exist, in one query: one look at the key for each.
 * A join would be planned while the table is empty, as a scan of the whole, and kept for a minute.
 * The span of the ids leaves parts alone that hold none of them.
 */
export async function loadViews(
  tx: Tx,
  wanted: readonly { tenant: string; id: string }[],
): Promise<MessageView[]> {
  if (wanted.length === 0) return [];
  const ids = wanted.map(({ id }) => id).toSorted();
  const span = [ids[0], ids.at(-1)];
  const values = [wanted.map((one) => one.tenant), wanted.map((one) => one.id), ...span];
  const { rows } = await tx.query<{ view: MessageView }>({ name: "load-views", text: SQL, values });
  return rows.map(({ view }) => ({ ...view, recipients: view.recipients ?? [] }));
}
