import { expect, test } from "vitest";
import { kill } from "../src/faults/kill.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";

test("kill -9 of nats-server loses no mail and sends none twice", async () => {
  await using scene = await openScene();
  const load = scene.load();
  await scene.sink.waitFor(({ received }) => received > 800, 60_000);
  await kill(scene.relay, "nats-server");
  // The actors live on and record what they sent before anything else: no copy has an excuse.
  expect(await scene.reckon(await load)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(await scene.viewsEqualRebuild()).toBe(true);
});

test("a nats-server that dies whenever it comes back ends nobody's process and loses no 250", async () => {
  await using scene = await openScene();
  const ingress = scene.relay.processOf("--stages=ingress");
  const load = scene.load();
  await scene.sink.waitFor(({ received }) => received > 500, 60_000);
  for (let death = 0; death < 6; death += 1) await kill(scene.relay, "nats-server");
  const report = await load;
  const after = await scene.load({ mails: 100, id: (index) => `after-${index}` });
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(report.refused.filter(({ reply }) => !reply.startsWith("451 4.3.0"))).toEqual([]);
  expect(after.accepted.filter((id) => scene.sink.mails.has(id))).toHaveLength(100);
  expect(scene.relay.processOf("--stages=ingress").pid).toBe(ingress.pid);
});
