import type { OutcomeClass } from "@waybill/schemas";
import type { TenantView } from "../views.ts";

/**
 * In one walk over the attempts of the span: a row for each class, and one for all of them. What an attempt
 * came to may be recorded in parts.
 */
const STATS = `
  WITH made AS (
    SELECT class, max(duration_ms) AS duration_ms FROM attempts
    WHERE tenant = $1 AND provider = $2 AND at >= $3::timestamptz AND at < $4::timestamptz
    GROUP BY message_id, attempt, status, class)
  SELECT class, grouping(class) = 1 AS total, count(*)::int AS count,
    percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY duration_ms) AS percentiles
  FROM made GROUP BY GROUPING SETS ((class), ())`;

type Row = {
  /** Null in the row of all, and of attempts from before classes were kept. */
  class: OutcomeClass | null;
  total: boolean;
  count: number;
  percentiles: [p50: number, p99: number] | null;
};

/** A half-open span of time, ISO 8601. */
export type Span = { from: string; to: string };

/** How many attempts a provider made for a tenant in a span, how they ended, and how long they took in milliseconds. */
export async function statsOf({ tx, tenant }: TenantView, provider: string, { from, to }: Span) {
  const { rows } = await tx.query<Row>(STATS, [tenant, provider, from, to]);
  const ofEach = rows.filter((row) => !row.total && row.class !== null);
  const all = rows.find((row) => row.total);
  const [p50, p99] = all?.percentiles ?? [];
  return {
    attempts: all?.count ?? 0,
    outcomes: Object.fromEntries(ofEach.map((row) => [row.class, row.count])),
    durationMs: p50 === undefined || p99 === undefined ? null : { p50, p99 },
  };
}
