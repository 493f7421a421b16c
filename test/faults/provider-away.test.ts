import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";

test("mail waits for a provider that is away, and no copy is sent silently", async () => {
  await using scene = await openScene({ sink: { delayMs: 5 } });
  const load = scene.load();
  await scene.sink.waitFor(({ received }) => received > 800, 60_000);
  await scene.sink.pause();
  const report = await load;
  await scene.sink.resume();
  expect(await scene.reckon(report)).toMatchObject(CLEAN);
  // A mail whose answer was cut off is at the sink already, and comes again: known, not silent.
  const ambiguous = new Set(await scene.ambiguous(report));
  expect(scene.sink.duplicates().filter(({ id }) => !ambiguous.has(id))).toEqual([]);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
