import { transaction } from "@waybill/runtime/postgres";
import { expect, it } from "vitest";
import { World } from "../testing/world.ts";
import { loadViews } from "./load.ts";

it("finds messages by their key from the first row on, not by reading the whole table", async () => {
  await using world = await World.start();
  const plan = await transaction(world.pool, async (tx) => {
    await loadViews(tx, [{ tenant: "acme", id: "1" }]);
    await tx.query("SET LOCAL plan_cache_mode = force_generic_plan");
    const { rows } = await tx.query('EXPLAIN EXECUTE "load-views" (ARRAY[$$a$$], ARRAY[$$1$$])');
    return rows.map((row: Record<string, string>) => row["QUERY PLAN"]).join("\n");
  });
  expect(plan).toMatch(/Index Scan using messages_pkey/);
  expect(plan).not.toMatch(/Seq Scan/);
});
