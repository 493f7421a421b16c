import { expect, test } from "vitest";
import { kill } from "../src/faults/kill.ts";
import { moments } from "../src/faults/moments.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { IN_FLIGHT, MAILS, openScene } from "../src/faults/scene.ts";

const [KILLS, SEED] = [3, 7];

test("kill -9 of the actors three times at random moments loses no mail", async () => {
  await using scene = await openScene({ sink: { delayMs: 5 } });
  const load = scene.load();
  for (const moment of moments(SEED, KILLS, MAILS)) {
    await scene.sink.waitFor(({ received }) => received > moment, 60_000);
    await kill(scene.relay, "--stages=actors");
  }
  const { extra, ...found } = await scene.reckon(await load);
  expect(found).toMatchObject(CLEAN);
  // What was at the sink and not yet in the log when its actor died is sent again.
  expect(extra).toBeLessThanOrEqual(KILLS * IN_FLIGHT);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
