import { expect, test } from "vitest";
import { freeze } from "../src/faults/kill.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { MAILS, openScene } from "../src/faults/scene.ts";
import { until } from "../src/relay/until.ts";

test("while PostgreSQL stands still mail is delivered, the API says 503, and is right afterwards", async () => {
  await using scene = await openScene();
  await scene.load({ mails: 200, id: (index) => `before-${index}` });
  const goOn = freeze(scene.relay, "/postgres -D");
  const report = await scene.load();
  await scene.sink.waitFor(({ mails }) => mails.size === MAILS + 200, 60_000);
  expect(report.accepted).toHaveLength(MAILS);
  const answer = await scene.relay.api("/api/v1/messages");
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ status: 503 });
  goOn();
  await until("views", async () => (await scene.relay.api("/api/v1/messages")).status === 200);
  // Neither door nor actors know PostgreSQL.
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
