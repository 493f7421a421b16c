import { expect, test } from "vitest";
import { freeze } from "../src/faults/kill.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";
import { until } from "../src/relay/until.ts";

test("while nats-server stands still the door says 451, and 250 again without a restart", async () => {
  await using scene = await openScene();
  const ingress = scene.relay.processOf("--stages=ingress");
  const replies: number[] = [];
  const load = scene.load({ onReply: (_, { code }) => replies.push(code) });
  await scene.sink.waitFor(({ received }) => received > 500, 60_000);
  const goOn = freeze(scene.relay, "nats-server");
  await until("451", () => replies.includes(451));
  await until("a lost connection", () =>
    scene.relay.output.join("").includes("connection to NATS lost"),
  );
  const before = replies.length;
  goOn();
  await until("250 again", () => replies.slice(before).includes(250));
  const report = await load;
  // The actors live on and record what they sent: no copy has an excuse.
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(report.refused.filter(({ reply }) => !reply.startsWith("451 4.3.0"))).toEqual([]);
  expect(scene.relay.processOf("--stages=ingress").pid).toBe(ingress.pid);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
