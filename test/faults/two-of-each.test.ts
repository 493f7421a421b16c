import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { IN_FLIGHT, MAILS, openScene } from "../src/faults/scene.ts";
import { startStage } from "../src/faults/stage-apart.ts";
import { Workers } from "../src/faults/workers.ts";
import { freePort } from "../src/relay/free-port.ts";
import { until } from "../src/relay/until.ts";

/** The ports of submission are shared by both ingress processes. */
const FIRST = {
  WAYBILL_STAGES: "ingress,actors,projections",
  WAYBILL_SMTP_REUSE_PORT: "true",
};

/** The view that everything of a message goes to. */
const MESSAGES = 0;

test("two of each stage share the work, and one of each may be killed", async () => {
  await using scene = await openScene({ env: FIRST, sink: { delayMs: 5 } });
  const views = new Workers(scene.log, "views");
  const spare = await startStage(scene, "projections");
  const port = String(await freePort());
  const apis = [
    await startStage(scene, "api"),
    await startStage(scene, "api", { WAYBILL_API_PORT: port }),
  ];
  const ingress = await startStage(scene, "ingress", { WAYBILL_SMTP_REUSE_PORT: "true" });
  const actors = await startStage(scene, "actors");
  const load = scene.load();
  for (const [at, doomed] of [ingress, actors].entries()) {
    await scene.sink.waitFor(({ received }) => received > ((at + 1) * MAILS) / 5, 120_000);
    await doomed.stop("SIGKILL");
  }
  const writer = await until("the one who writes", () => views.holderOf(MESSAGES));
  process.kill(writer, "SIGKILL");
  const killed = performance.now();
  await until("the next who writes", () => views.holderOf(MESSAGES, writer));
  const viewsMovedMs = Math.round(performance.now() - killed);
  const { extra, ...found } = await scene.reckon(await load);
  console.log(JSON.stringify({ viewsMovedMs, extra }));
  expect(found).toMatchObject(CLEAN);
  // What was at the sink and not yet in the log when its actor died is sent again.
  expect(extra).toBeLessThanOrEqual(IN_FLIGHT);
  expect(await scene.viewsEqualRebuild()).toBe(true);
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect(await answer.json()).toEqual(await (await scene.relay.api("/readyz")).json());
  await Promise.all([...apis, spare].map((one) => one.stop()));
}, 300_000);
