import type { TenantView } from "../views.ts";

/** A message as a requeue sees it: who is dead, and where in the log its beginning and end are. */
export type Candidate = {
  id: string;
  attempts: number;
  dead: string[];
  acceptedSeq: number;
  /** Sequence of its last `deadlettered` event. */
  deadSeq: number | null;
};

const CANDIDATES = `
  SELECT id, attempts, accepted_seq::float8 AS "acceptedSeq",
    ARRAY(SELECT address FROM recipients r
      WHERE r.tenant = $1 AND r.message_id = m.id AND r.status = 'dead' ORDER BY r.idx) AS dead,
    (SELECT max(seq)::float8 FROM audit a
      WHERE a.tenant = $1 AND a.message_id = m.id AND a.type = 'deadlettered') AS "deadSeq"
  FROM messages m
  WHERE tenant = $1 AND id = ANY($2)
  ORDER BY id`;

/** Those of these messages that the tenant has. */
export async function requeueCandidates(
  { tx, tenant }: TenantView,
  ids: string[],
): Promise<Candidate[]> {
  return (await tx.query<Candidate>(CANDIDATES, [tenant, ids])).rows;
}
