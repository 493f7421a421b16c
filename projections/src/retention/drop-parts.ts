import { type Pool, transaction, type Tx } from "@waybill/runtime/postgres";
import type { Part } from "../parts/bounds.ts";
import { MAIL_VIEWS } from "../views.ts";

/** Ids of the parts, and sequences of the acceptances, that are past their age are before these. */
type Past = { ids: string; until: number };

type Named = Part & { name: string };

const PAST = `
SELECT low, high, name, dropped FROM parts WHERE name <> '' AND (dropped OR high <= $1)
ORDER BY low`;

/** Of a part whose mail is past its age, and has ended. */
const MARK = `
UPDATE parts SET dropped = true WHERE low = $1 AND NOT dropped AND NOT EXISTS (
  SELECT FROM messages WHERE id >= $1 AND id < $2
    AND (accepted_seq >= $3 OR status IN ('queued', 'deferred')))`;

/** As one, those before the first that is kept. */
const MERGE = `
WITH gone AS (
  DELETE FROM parts WHERE dropped AND high <= coalesce(
    (SELECT min(low) FROM parts WHERE NOT dropped), high)
  RETURNING high)
INSERT INTO parts (low, high, name, dropped)
SELECT '', max(high), '', true FROM gone HAVING count(*) > 0`;

/** Milliseconds for which readers who come later wait behind us for one who reads for long. */
const PATIENCE = 2000;

/** Holds the views' writer, and other sweeps, out until the transaction ends. */
const hold = (tx: Tx) =>
  tx.query("SELECT FROM checkpoint WHERE name = $1 FOR UPDATE", [MAIL_VIEWS.name]);

async function isMarked(pool: Pool, { low, high, dropped }: Part, until: number): Promise<boolean> {
  if (dropped) return true;
  return transaction(pool, async (tx) => {
    await hold(tx);
    return (await tx.query(MARK, [low, high, until])).rowCount === 1;
  });
}

/** One table in a transaction: while we wait for its readers, they wait for nothing of ours. */
async function dropTables(pool: Pool, name: string): Promise<void> {
  for (const table of MAIL_VIEWS.tables)
    await transaction(pool, async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = ${PATIENCE}`);
      await tx.query(`DROP TABLE IF EXISTS ${table}_${name}`);
    });
}

/**
 * Drops the parts of which nothing is kept any more. First it is written that they are dropped, so that
 * nothing is written to them again; a kill, or a reader, in between leaves the rest to the next time.
 * @throws when a reader does not end in time
 */
export async function dropParts(pool: Pool, { ids, until }: Past): Promise<void> {
  const { rows } = await pool.query<Named>(PAST, [ids]);
  let dropped = 0;
  for (const part of rows) {
    if (!(await isMarked(pool, part, until))) continue;
    await dropTables(pool, part.name);
    dropped += 1;
  }
  if (dropped === 0) return;
  await transaction(pool, async (tx) => {
    await hold(tx);
    await tx.query(MERGE);
  });
}
