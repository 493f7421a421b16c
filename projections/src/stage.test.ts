import { makeSecrets, readConfig, type StageContext } from "@waybill/runtime";
import { apiUrl, openPool, withTenant } from "@waybill/runtime/postgres";
import { expect, it } from "vitest";
import { stage } from "./stage.ts";
import { silent, startTestEngines } from "./testing/engines.ts";
import { longHistory } from "./testing/history.ts";
import { World } from "./testing/world.ts";

it("makes the views of an empty database, lets the API in, and ends on a whole batch", async () => {
  await using engines = await startTestEngines();
  const secrets = makeSecrets("a master key of thirty-two characters");
  const { nats, postgres } = engines;
  const config = readConfig({ WAYBILL_DATA: "/nowhere" });
  const context = { databaseUrl: postgres.url, nats, log: silent, secrets, config };
  const running = await stage(context as unknown as StageContext);
  const api = await openPool(apiUrl(postgres.url, secrets), { log: silent });
  const world = new World(engines, api);
  await world.caughtUp(await world.append(longHistory(100, 9)));
  const seen = await withTenant(api, "acme", (tx) => tx.query("SELECT DISTINCT tenant FROM audit"));
  expect(seen.rows).toEqual([{ tenant: "acme" }]);

  await world.append(longHistory(500, 10));
  await running.drain();
  const sql = `SELECT (SELECT max(seq) FROM audit) = (SELECT seq FROM checkpoint
    WHERE name = 'views') AS whole`;
  const owner = await openPool(postgres.url, { log: silent });
  expect((await owner.query(sql)).rows).toEqual([{ whole: true }]);
  await Promise.all([api.end(), owner.end()]);
});
