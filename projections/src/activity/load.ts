import type { Tx } from "@waybill/runtime/postgres";
import type { ControlFact, Shown } from "@waybill/schemas";

/** An entity, and the sequence of a fact of it. */
export type Ref = Pick<ControlFact, "tenant" | "kind" | "id"> & { seq: number };

const SQL = `
SELECT last.tenant, last.kind, last.id, last.after
FROM json_to_recordset($1) AS wanted(tenant text, kind text, id text, seq int8)
CROSS JOIN LATERAL (SELECT * FROM activity
  WHERE activity.tenant = wanted.tenant AND activity.kind = wanted.kind
    AND activity.id = wanted.id AND activity.seq < wanted.seq
  ORDER BY activity.seq DESC LIMIT 1) last`;

/** What these entities were before those facts, as far as they were there. */
export async function loadBefore(tx: Tx, wanted: readonly Ref[]) {
  if (wanted.length === 0) return [];
  const values = [JSON.stringify(wanted)];
  const { rows } = await tx.query<Omit<Ref, "seq"> & { after: Shown | null }>({
    name: "load-activity",
    text: SQL,
    values,
  });
  return rows;
}
