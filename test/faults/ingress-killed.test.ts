import { expect, test } from "vitest";
import { kill } from "../src/faults/kill.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { MAILS, openScene } from "../src/faults/scene.ts";

const CONNECTIONS = 20;

test("kill -9 of the ingress leaves the mails in its hands unanswered and loses none that got a 250", async () => {
  await using scene = await openScene();
  const load = scene.load({ connections: CONNECTIONS });
  await scene.sink.waitFor(({ received }) => received > 800, 60_000);
  await kill(scene.relay, "--stages=ingress");
  const report = await load;
  expect(report.unknown.length).toBeLessThanOrEqual(CONNECTIONS);
  expect(report.accepted.length).toBe(MAILS - report.unknown.length);
  // The submitter sends no mail again and the actors were not hurt: no copy has an excuse.
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
