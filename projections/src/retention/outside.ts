import type { KeptOutside, Nats, OldBody } from "@waybill/runtime";
import type { Pool } from "@waybill/runtime/postgres";
import { viewsUntil } from "./views.ts";

/** Milliseconds after which a body that no event refers to is nobody's: its event followed within seconds, or never. */
export const ORPHAN_AGE = 86_400_000;

/** What is known of a body's message. */
type Known = "unknown" | "open" | "ended";

/** Whether a body that is so old (milliseconds), and older than a day, is removed; `kept` is for how long its tenant's are. */
export const isRemoved = (known: Known, age: number, kept: number): boolean =>
  known === "unknown" ? age > ORPHAN_AGE : known === "ended" && age > kept;

const SQL = `
SELECT m.tenant, m.id, EXISTS (
  SELECT FROM recipients r WHERE r.tenant = m.tenant AND r.message_id = m.id
    AND r.status IN ('queued', 'deferred')) AS open
FROM unnest($1::text[], $2::text[]) AS body(tenant, id)
JOIN messages m ON m.tenant = body.tenant AND m.id = body.id`;

type Row = { tenant: string; id: string; open: boolean };

async function knownOf(pool: Pool, bodies: readonly OldBody[]): Promise<Map<string, Known>> {
  const values = [bodies.map(({ tenant }) => tenant), bodies.map(({ messageId }) => messageId)];
  const { rows } = await pool.query<Row>(SQL, values);
  return new Map(rows.map(({ tenant, id, open }) => [`${id}.${tenant}`, open ? "open" : "ended"]));
}

type Options = {
  pool: Pool;
  nats: Nats;
  outside: Pick<KeptOutside, "old">;
  /** Milliseconds for which a tenant's bodies are kept. */
  kept: (tenant: string) => number;
  now: number;
  /** Ends it early. */
  signal?: AbortSignal;
};

/**
 * Removes the bodies in files and buckets that no event refers to, and those past their age; never one of a
 * message that has not ended, and none while the views are behind the log.
 * @returns how many
 */
export async function sweepOutside(o: Options): Promise<number> {
  let removed = 0;
  for await (const bodies of o.outside.old(o.now - ORPHAN_AGE)) {
    if (bodies.length === 0) continue;
    if ((await viewsUntil(o.pool, o.nats)) <= o.now - ORPHAN_AGE / 2) return removed;
    const known = await knownOf(o.pool, bodies);
    for (const { messageId, tenant, changed, remove } of bodies) {
      if (o.signal?.aborted === true) return removed;
      const fate = known.get(`${messageId}.${tenant}`) ?? "unknown";
      if (!isRemoved(fate, o.now - changed, o.kept(tenant))) continue;
      await remove();
      removed += 1;
    }
  }
  return removed;
}
