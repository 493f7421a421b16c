import type { Tx } from "@waybill/runtime/postgres";
import type { AttemptRow } from "./evolve.ts";

const SQL = `
INSERT INTO attempts (tenant, seq, message_id, attempt, provider, kind, status, recipients,
  duration_ms, response, at, class)
SELECT tenant, seq, "messageId", attempt, provider, kind, status, recipients, "durationMs",
  response, at, class
FROM json_to_recordset($1) AS attempt(tenant text, seq int8, "messageId" text, attempt int,
  provider text, kind text, status text, recipients text[], "durationMs" float8, response text,
  at timestamptz, class text)
ON CONFLICT DO NOTHING`;

/** Writes attempts; one that is there already stays as it is. */
export async function writeAttempts(tx: Tx, attempts: readonly AttemptRow[]): Promise<void> {
  if (attempts.length === 0) return;
  await tx.query({ name: "write-attempts", text: SQL, values: [JSON.stringify(attempts)] });
}
