import { expect, test } from "vitest";
import { flood, tenantsOfLanes } from "../src/faults/flood.ts";
import { freezeTree } from "../src/faults/kill.ts";
import { eventsOf, itemsInHand, putTenant } from "../src/faults/log-access.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { startStage } from "../src/faults/stage-apart.ts";
import { Workers } from "../src/faults/workers.ts";
import { until } from "../src/relay/until.ts";

/** Mails of each tenant, one tenant a lane; and of those how many are in delivery at once. */
const [EACH, AT_ONCE] = [60, 5];
const TENANTS = tenantsOfLanes();
const ALL = (1 + EACH + 1) * TENANTS.length;

const OTHERS = { env: { WAYBILL_STAGES: "ingress,projections,api" }, sink: { delayMs: 300 } };

/** The next hop takes all at once that a worker may have in delivery. */
const SETTINGS = { WAYBILL_RELAY_CONCURRENCY: String(8 * AT_ONCE) };

const floodAll = ({ log }: Scene, mails: number) =>
  Promise.all(TENANTS.map((tenant) => flood(log, tenant, mails)));

async function hasDelivered({ log }: Scene, mails: number): Promise<boolean> {
  const events = await Promise.all(TENANTS.map((id) => eventsOf(log, id, "delivered")));
  return new Set(events.flat().map(({ messageId }) => messageId)).size === mails;
}

test("a worker that stood still until another had its mails sends no more than those in delivery again", async () => {
  await using scene = await openScene(OTHERS);
  await Promise.all(TENANTS.map((id) => putTenant(scene.log, { id, concurrency: AT_ONCE })));
  const workers = new Workers(scene.log, "lanes");
  const start = () => startStage(scene, "actors", SETTINGS);
  const [frozen, other] = [await start(), await start()];
  await workers.hold([frozen, other], [8, 8]);
  await floodAll(scene, 1);
  await until("the first mails", () => hasDelivered(scene, TENANTS.length), 120_000);
  await floodAll(scene, EACH);
  await scene.sink.waitFor(({ received }) => received > ALL / 8, 60_000);
  const lanes = workers.of(frozen);
  const thaw = freezeTree(frozen.pid);
  await until(
    "the other to have sent all",
    () => hasDelivered(scene, ALL - TENANTS.length),
    120_000,
  ).finally(thaw);
  // These come behind all that it still has in hand.
  await workers.hold([frozen, other], [8, 8]);
  await floodAll(scene, 1);
  await until("the last mails", () => hasDelivered(scene, ALL), 120_000);
  await until("the last mail", async () => (await itemsInHand(scene.log)) === 0, 120_000);
  const extra = scene.sink.received - ALL;
  console.log(JSON.stringify({ extra }));
  // Its mailboxes were full of what the other had sent meanwhile.
  expect(extra).toBeLessThanOrEqual(lanes.length * AT_ONCE);
  expect(await Promise.all([frozen.stop(), other.stop()])).toEqual([0, 0]);
}, 400_000);
