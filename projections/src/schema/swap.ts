import { type Pool, transaction, type Tx } from "@waybill/runtime/postgres";
import { ALL_VIEWS } from "../views.ts";

/** Up to which sequence of their streams the views of each name hold them. */
export type Checkpoints = ReadonlyMap<string, number>;

const TABLES = ALL_VIEWS.flatMap(({ tables }) => tables);

/**
 * Puts `views_next` in the place of `views`. The live checkpoints are moved out of the way first, so
 * that a writer waits for us and then finds that it lost; `finish` folds what is left up to where
 * the live views are. The old tables are dropped afterwards: dropping waits for their readers, and
 * the waiting writer would wait for us.
 * @returns whether both held the same; undefined when they are of different versions.
 */
export async function swap(
  pool: Pool,
  finish: (targets: Checkpoints) => Promise<void>,
): Promise<boolean | undefined> {
  const identical = await transaction(pool, async (tx) => {
    await finish(await holdLive(tx));
    const result = (await areOfOneVersion(tx)) ? await areIdentical(tx) : undefined;
    await tx.query("ALTER SCHEMA views RENAME TO views_old");
    await tx.query("ALTER SCHEMA views_next RENAME TO views");
    return result;
  });
  await pool.query("DROP SCHEMA views_old CASCADE");
  return identical;
}

/** The last first: a writer of views that waits for others moves its own checkpoint before. */
async function holdLive(tx: Tx): Promise<Checkpoints> {
  const sql = "UPDATE views.checkpoint SET seq = -1 WHERE name = $1 RETURNING old.seq";
  const held = new Map<string, number>();
  for (const { name } of ALL_VIEWS.toReversed()) {
    const { rows } = await tx.query<{ seq: string }>(sql, [name]);
    held.set(name, Number(rows[0]?.seq ?? 0));
  }
  return held;
}

const yes = async (tx: Tx, condition: string): Promise<boolean> =>
  (await tx.query<{ yes: boolean }>(`SELECT ${condition} AS yes`)).rows[0]?.yes ?? false;

const versions = (schema: string) =>
  `(SELECT array_agg(version ORDER BY version) FROM ${schema}.schema_version)`;

const areOfOneVersion = (tx: Tx): Promise<boolean> =>
  yes(tx, `${versions("views")} = ${versions("views_next")}`);

async function areIdentical(tx: Tx): Promise<boolean> {
  const same = TABLES.map(
    (table) => `(SELECT count(*) FROM views.${table}) = (SELECT count(*) FROM views_next.${table})
      AND NOT EXISTS (TABLE views.${table} EXCEPT ALL TABLE views_next.${table})`,
  );
  return yes(tx, same.join(" AND "));
}
