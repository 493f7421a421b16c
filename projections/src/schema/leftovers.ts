import { type Pool, transaction } from "@waybill/runtime/postgres";

/** Held by whoever makes views beside the live ones: any number nobody else locks. */
export const LOCK = 7_233_182_265;

/**
 * Drops what a rebuild left that failed or was killed, with the addresses in it; nothing while one is at work.
 */
export const dropLeftovers = (pool: Pool): Promise<void> =>
  transaction(pool, async (tx) => {
    const { rows } = await tx.query("SELECT pg_try_advisory_xact_lock($1) AS ours", [LOCK]);
    if (rows[0]?.ours === true)
      await tx.query("DROP SCHEMA IF EXISTS views_old, views_next CASCADE");
  });
