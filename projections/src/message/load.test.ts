import { transaction } from "@waybill/runtime/postgres";
import { expect, it } from "vitest";
import { World } from "../testing/world.ts";
import { loadViews } from "./load.ts";

const PLAN = `EXPLAIN EXECUTE "load-views" (ARRAY[$$a$$], ARRAY[$$1$$], $$1$$, $$1$$)`;

it("finds messages by their key from the first row on, not by reading the whole table, in their part", async () => {
  await using world = await World.start();
  const plan = await transaction(world.pool, async (tx) => {
    await tx.query("SELECT make_part('early', '', '5'), make_part('late', '5', '~')");
    await loadViews(tx, [{ tenant: "acme", id: "1" }]);
    await tx.query("SET LOCAL plan_cache_mode = force_generic_plan");
    const { rows } = await tx.query(PLAN);
    return rows.map((row: Record<string, string>) => row["QUERY PLAN"]).join("\n");
  });
  expect(plan).toMatch(/Index Scan using messages_early_pkey/);
  expect(plan).not.toMatch(/Seq Scan|_late/);
});
