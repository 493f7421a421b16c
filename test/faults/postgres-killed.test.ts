import { expect, test } from "vitest";
import { kill } from "../src/faults/kill.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { MAILS, openScene } from "../src/faults/scene.ts";

test("kill -9 of PostgreSQL holds no mail up, and the views are whole afterwards", async () => {
  await using scene = await openScene();
  const load = scene.load();
  await scene.sink.waitFor(({ received }) => received > 800, 60_000);
  await kill(scene.relay, "/postgres -D");
  const report = await load;
  expect(report.accepted).toHaveLength(MAILS);
  // Neither door nor actors know PostgreSQL.
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
