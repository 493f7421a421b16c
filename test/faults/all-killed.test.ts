import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { IN_FLIGHT, openScene } from "../src/faults/scene.ts";
import { survivors } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

test("kill -9 of everything at once: the next start delivers what was queued", async () => {
  await using scene = await openScene({ sink: { delayMs: 20 } });
  const load = scene.load();
  await scene.sink.waitFor(({ received }) => received > 500, 60_000);
  const everything = scene.relay.processes();
  for (const { pid } of everything) process.kill(pid, "SIGKILL");
  await until("the end of all", () => survivors(everything).length === 0);
  await scene.startAgain();
  const { extra, ...found } = await scene.reckon(await load);
  expect(found).toMatchObject(CLEAN);
  // What was at the sink and not yet in the log is sent again.
  expect(extra).toBeLessThanOrEqual(IN_FLIGHT);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
