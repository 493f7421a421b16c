import type { Tx } from "@waybill/runtime/postgres";
import type { MessageView } from "@waybill/schemas";

const MESSAGES = `
INSERT INTO messages (tenant, id, status, sender, subject, header_from, header_message_id, size,
  attempts, accepted_at, updated_at, next_attempt_at, credential, client, trace_id, accepted_seq,
  last_seq)
SELECT tenant, id, status, sender, subject, "headerFrom", "headerMessageId", size, attempts,
  "acceptedAt", "updatedAt", "nextAttemptAt", credential, client, "traceId", "acceptedSeq", "lastSeq"
FROM json_to_recordset($1) AS view(tenant text, id text, status text, sender text, subject text,
  "headerFrom" text, "headerMessageId" text, size int8, attempts int, "acceptedAt" timestamptz,
  "updatedAt" timestamptz, "nextAttemptAt" timestamptz, credential text, client text,
  "traceId" text, "acceptedSeq" int8, "lastSeq" int8)
ON CONFLICT (tenant, id) DO UPDATE SET status = excluded.status, attempts = excluded.attempts,
  updated_at = excluded.updated_at, next_attempt_at = excluded.next_attempt_at,
  last_seq = excluded.last_seq`;

const RECIPIENTS = `
INSERT INTO recipients (tenant, message_id, idx, address, status, attempts, response, class,
  reason, provider, updated_at, feedback)
SELECT tenant, id, idx, address, status, attempts, response, class, reason, provider, "updatedAt",
  feedback
FROM json_to_recordset($1) AS recipient(tenant text, id text, idx int, address text, status text,
  attempts int, response text, class text, reason text, provider text, "updatedAt" timestamptz,
  feedback jsonb)
ON CONFLICT (tenant, message_id, idx) DO UPDATE SET status = excluded.status,
  attempts = excluded.attempts, response = excluded.response, class = excluded.class,
  reason = excluded.reason, provider = excluded.provider, updated_at = excluded.updated_at,
  feedback = excluded.feedback`;

/** A view as it was before a batch, if it was there, and as it is after it. */
export type Changed = { before: MessageView | undefined; after: MessageView };

/** A property that is undefined is not written by JSON.stringify. */
const messageRow = ({ after }: Changed) => ({ ...after, recipients: undefined });

/** Only recipients that changed: `evolve` leaves the others the same objects. */
const recipientRows = ({ before, after: { tenant, id, recipients } }: Changed) =>
  recipients.flatMap((recipient, idx) =>
    recipient === before?.recipients[idx] ? [] : [{ tenant, id, idx, ...recipient }],
  );

/** Writes the messages and recipients a batch changed. */
export async function writeMessages(tx: Tx, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  const messages = JSON.stringify(changed.map(messageRow));
  const recipients = JSON.stringify(changed.flatMap(recipientRows));
  await Promise.all([
    tx.query({ name: "write-messages", text: MESSAGES, values: [messages] }),
    tx.query({ name: "write-recipients", text: RECIPIENTS, values: [recipients] }),
  ]);
}
