import type { Tx } from "@waybill/runtime/postgres";
import type { AuditEntry } from "@waybill/schemas";

const SQL = `
INSERT INTO audit (seq, type, message_id, tenant, time, route, fallback)
SELECT seq, type, "messageId", tenant, time, route, fallback
FROM json_to_recordset($1) AS entry(seq int8, type text, "messageId" text, tenant text,
  time timestamptz, route jsonb, fallback text)
ON CONFLICT DO NOTHING`;

/** Writes lines of the audit index; one that is there already stays as it is. */
export async function writeAudit(tx: Tx, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query({ name: "write-audit", text: SQL, values: [JSON.stringify(entries)] });
}
