import { withTenant } from "@waybill/runtime/postgres";
import type { Proof } from "./proof.ts";
import type { Scene } from "./scene.ts";

/** Tables that belong to no tenant. */
const SHARED = new Set(["checkpoint", "parts", "schema_version", "swept"]);

/** Every table of the views, read under the API's role with tenant b set, and with none. */
export async function proveTables({ world }: Scene): Promise<Proof[]> {
  const { rows } = await world.engines.owner.query<{ relname: string; relispartition: boolean }>(
    `SELECT relname, relispartition FROM pg_class
     WHERE relnamespace = 'views'::regnamespace AND relkind IN ('r','v','m','p')`,
  );
  const tables = rows.filter(({ relname }) => !SHARED.has(relname));
  const proofs = await Promise.all(
    tables.map(({ relname, relispartition }) =>
      relispartition ? provePart(world, relname) : proveTable(world, relname),
    ),
  );
  return proofs.flat();
}

async function proveTable({ engines, deps }: Scene["world"], table: string): Promise<Proof[]> {
  const what = `table ${table}`;
  const sql = `SELECT 1 FROM ${table} WHERE tenant = 'a'`;
  const [all, foreign, none, own] = await Promise.all([
    engines.owner.query(sql),
    withTenant(deps.pool, "b", (tx) => tx.query(sql)),
    deps.pool.query(`SELECT 1 FROM ${table}`),
    withTenant(deps.pool, "a", (tx) => tx.query(sql)),
  ]);
  const zero = (as: string, count: number | null): Proof => ({
    what,
    as,
    expected: "0 rows",
    got: `${count} rows`,
    holds: count === 0,
  });
  const isWhole = own.rowCount === all.rowCount && (own.rowCount ?? 0) > 0;
  return [
    zero("b", foreign.rowCount),
    zero("no tenant", none.rowCount),
    {
      what,
      as: "a",
      expected: `its ${all.rowCount} rows`,
      got: `${own.rowCount} rows`,
      holds: isWhole,
    },
  ];
}

/** A part is reached through its table alone: addressed directly, nobody's rows are there, not even one's own. */
async function provePart({ deps }: Scene["world"], part: string): Promise<Proof[]> {
  const read = withTenant(deps.pool, "a", (tx) => tx.query(`SELECT 1 FROM ${part}`));
  const got = await read.then(
    ({ rowCount }) => `${rowCount} rows`,
    (error: Error) => error.message,
  );
  const expected = `permission denied for table ${part}`;
  return [{ what: `table ${part}`, as: "a", expected, got, holds: got === expected }];
}
