import type { Tx } from "@waybill/runtime/postgres";
import type { ActivityRow } from "./evolve.ts";
import type { Ref } from "./load.ts";

const SQL = `
INSERT INTO activity (tenant, seq, time, actor, ip, kind, id, action, reason, before, after)
SELECT tenant, seq, time, actor, ip, kind, id, action, reason, before, after
FROM json_to_recordset($1) AS line(tenant text, seq int8, time timestamptz, actor text, ip text,
  kind text, id text, action text, reason text, before jsonb, after jsonb)
ON CONFLICT DO NOTHING`;

/** Writes lines of activity; one that is there already stays as it is. */
export async function writeActivity(tx: Tx, rows: readonly ActivityRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query({ name: "write-activity", text: SQL, values: [JSON.stringify(rows)] });
}

const FORGET = `
DELETE FROM activity USING json_to_recordset($1) AS erased(tenant text, kind text, id text, seq int8)
WHERE activity.tenant = erased.tenant AND activity.kind = erased.kind
  AND activity.id = erased.id AND activity.seq < erased.seq`;

/** Removes the lines of entities before facts of theirs. */
export async function forgetActivity(tx: Tx, before: readonly Ref[]): Promise<void> {
  if (before.length === 0) return;
  await tx.query(FORGET, [JSON.stringify(before)]);
}
