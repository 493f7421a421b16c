import { expect, test } from "vitest";
import { putTenant } from "../src/faults/log-access.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";

const EVERY = 10;

/** A sink that now and then takes a whole mail, and hangs up without an answer: it may have kept it. */
async function openSilentScene() {
  const unanswered: string[] = [];
  const scene = await openScene({
    sink: {
      reply: (stage, { id = "", count }) => {
        if (stage !== "dot" || count % EVERY !== 0) return undefined;
        unanswered.push(id);
        return "close";
      },
    },
  });
  return Object.assign(scene, { unanswered });
}

test("a mail whose final dot got no answer is sent again, never silently", async () => {
  await using scene = await openSilentScene();
  const report = await scene.load({ mails: 2000 });
  // Of each mail the sink answered one copy; every other copy was one without an answer.
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(scene.unanswered.length).toBeGreaterThanOrEqual(2000 / EVERY);
  const ambiguous = await scene.ambiguous(report);
  expect(ambiguous.toSorted()).toEqual(scene.unanswered.toSorted());
  expect(await scene.viewsEqualRebuild()).toBe(true);
});

test("a tenant that wants no second copy gets a dead letter instead", async () => {
  await using scene = await openSilentScene();
  await putTenant(scene.log, { id: "demo", onAmbiguous: "deadletter" });
  const report = await scene.load({ mails: 1000 });
  const found = await scene.reckon(report);
  const dead = { "ok: ambiguous": scene.unanswered.length };
  expect(found).toMatchObject({ ...CLEAN, dead, extra: 0 });
  expect(scene.sink.received + scene.unanswered.length).toBe(1000);
  const ambiguous = await scene.ambiguous(report);
  expect(ambiguous.toSorted()).toEqual(scene.unanswered.toSorted());
});
