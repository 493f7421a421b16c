import { replay, STREAMS } from "@waybill/runtime";
import { expect, onTestFinished, test } from "vitest";
import { FalseClock } from "../src/faults/false-clock.ts";
import { putTenant } from "../src/faults/log-access.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";

/** Seconds before the second attempt; milliseconds that surely lie between the two facts. */
const [STEP, AT_LEAST] = [3, 2000];
const MAILS = 20;

const clock = FalseClock.make();
clock?.remove();
if (clock === undefined) console.warn("clock-wrong.test.ts: skipped, as there is no libfaketime");

/** When the log took each fact of that type, milliseconds, in order. */
async function timesOf({ log }: Scene, type: string): Promise<number[]> {
  const times: number[] = [];
  for await (const one of replay(log, { stream: STREAMS.mail, filters: [`mail.*.*.demo.${type}`] }))
    times.push(one.time.getTime());
  return times;
}

test.skipIf(clock === undefined).each([3 * 3600, -3 * 3600])(
  "a retry comes when it shall, though our clock is wrong by %i s and the log's is not",
  { timeout: 300_000 },
  async (seconds) => {
    const wrong = FalseClock.make();
    if (wrong === undefined) throw new Error("libfaketime went away");
    onTestFinished(() => wrong.remove());
    wrong.step(seconds);
    let refused = 0;
    const reply = (stage: string) =>
      stage === "mail" && (refused += 1) <= MAILS ? "451 4.3.2 later" : undefined;
    await using scene = await openScene({ env: wrong.env, sink: { reply } });
    await putTenant(scene.log, { id: "demo", retryLadder: [STEP, STEP] });
    const report = await scene.load({ mails: MAILS, connections: 1 });
    expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
    const failed = await timesOf(scene, "failed");
    const [first = 0] = await timesOf(scene, "delivered");
    expect(failed).toHaveLength(MAILS);
    expect(first - (failed[0] ?? 0)).toBeGreaterThan(AT_LEAST);
  },
);
