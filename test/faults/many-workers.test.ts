import { expect, test } from "vitest";
import { flood, tenantsOfLanes } from "../src/faults/flood.ts";
import { eventsOf, itemsInHand, putTenant } from "../src/faults/log-access.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { startStage } from "../src/faults/stage-apart.ts";
import { Workers } from "../src/faults/workers.ts";
import type { Relay } from "../src/relay/relay.ts";
import { until } from "../src/relay/until.ts";

/** Mails of each tenant, one tenant a lane, in turns; and of those how many are in delivery at once. */
const [TURNS, EACH, AT_ONCE] = [3, 50, 5];
const TENANTS = tenantsOfLanes();
const ALL = TURNS * EACH * TENANTS.length;

const OTHERS = { env: { WAYBILL_STAGES: "ingress,projections,api" }, sink: { delayMs: 5 } };

/** Puts mails of every lane into the log; resolves with what waits until all are delivered, and says how. */
async function floodAll(scene: Scene) {
  await Promise.all(TENANTS.map((id) => putTenant(scene.log, { id, concurrency: AT_ONCE })));
  const turn = async () => {
    for (const tenant of TENANTS) await flood(scene.log, tenant, EACH);
  };
  const flooding = (async () => {
    for (let turns = 0; turns < TURNS; turns += 1) await turn();
  })();
  return async () => {
    await flooding;
    await until("the last mail", async () => (await itemsInHand(scene.log)) === 0, 180_000);
    const events = await Promise.all(TENANTS.map((id) => eventsOf(scene.log, id, "delivered")));
    const messages = new Set(events.flat().map(({ messageId }) => messageId));
    return { events, delivered: messages.size, extra: scene.sink.received - ALL };
  };
}

/** When the first of these happened after a moment, milliseconds. */
const firstAfter = (moment: number, events: readonly { time: string }[]): number =>
  Math.min(...events.map(({ time }) => Date.parse(time)).filter((at) => at > moment));

/** Two workers with half of the lanes each. */
async function startTwo(scene: Scene): Promise<{ workers: Workers; two: [Relay, Relay] }> {
  const workers = new Workers(scene.log, "lanes");
  const two: [Relay, Relay] = [
    await startStage(scene, "actors"),
    await startStage(scene, "actors"),
  ];
  const evenMs = await workers.hold(two, [8, 8]);
  console.log(JSON.stringify({ evenMs }));
  return { workers, two };
}

test(
  "kill -9 of one of two workers: its lanes move, and no mail is lost",
  { timeout: 300_000 },
  async () => {
    await using scene = await openScene(OTHERS);
    const { workers, two } = await startTwo(scene);
    const [dying, staying] = two;
    const done = await floodAll(scene);
    await scene.sink.waitFor(({ received }) => received > ALL / 4, 60_000);
    const lanes = workers.of(dying);
    const killed = Date.now();
    await dying.stop("SIGKILL");
    const movedMs = await workers.hold([staying], [16]);
    const { events, delivered, extra } = await done();
    const silentMs = lanes.map((lane) => firstAfter(killed, events[lane] ?? []) - killed);
    console.log(JSON.stringify({ movedMs, silentMs, extra }));
    expect(delivered).toBe(ALL);
    // What was at the sink and not yet in the log when its worker died is sent again.
    expect(extra).toBeLessThanOrEqual((TENANTS.length / 2) * AT_ONCE);
    expect(await staying.stop()).toBe(0);
  },
);

test(
  "workers come and go in order: shares stay even, and nothing is sent twice",
  { timeout: 300_000 },
  async () => {
    await using scene = await openScene(OTHERS);
    const { workers, two } = await startTwo(scene);
    const [leaving, staying] = two;
    const done = await floodAll(scene);
    await scene.sink.waitFor(({ received }) => received > ALL / 8, 60_000);
    const third = await startStage(scene, "actors");
    const sharedMs = await workers.hold([...two, third], [6, 5, 5]);
    await scene.sink.waitFor(({ received }) => received > ALL / 4, 60_000);
    const leaves = leaving.stop();
    const movedMs = await workers.hold([staying, third], [8, 8]);
    expect(await leaves).toBe(0);
    const { delivered, extra } = await done();
    console.log(JSON.stringify({ sharedMs, movedMs, extra }));
    expect({ delivered, extra }).toEqual({ delivered: ALL, extra: 0 });
    expect(await Promise.all([staying.stop(), third.stop()])).toEqual([0, 0]);
  },
);
