import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ReplyPolicy } from "../src/mail/sink-policy.ts";
import { kill } from "../src/faults/kill.ts";
import { putTenant } from "../src/faults/log-access.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";

/** Recipients of one mail, transactions of it at once, and milliseconds of each. */
const [MANY, AT_ONCE, EACH] = [100, 5, 1000];

const ofOne = () => Array.from({ length: MANY }, (_, at) => `ok-${at}@sink.test`);

/** Takes so few recipients in a transaction. */
const tenAtATime: ReplyPolicy = (stage, { recipients }) =>
  stage === "rcpt" && recipients.length === 10 ? "452 4.5.3 too many recipients" : undefined;

test("kill -9 amid a mail to many, which goes out in turns, repeats the turn at most that was out", async () => {
  await using scene = await openScene({ sink: { delayMs: EACH, reply: tenAtATime } });
  const report = await scene.load({ mails: 1, to: ofOne });
  await scene.sink.waitFor(({ received }) => received >= 5, 30_000);
  await kill(scene.relay, "--stages=actors");
  const { extra, ...found } = await scene.reckon(report, ofOne);
  expect(found).toEqual({ ...CLEAN, accepted: 1 });
  // The one that was out, and the one before it if it had just ended.
  expect(extra).toBeLessThanOrEqual(20);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});

test("each in a transaction of its own, it repeats those at most that were out", async () => {
  const env = { WAYBILL_RELAY_CONCURRENCY: String(AT_ONCE) };
  await using scene = await openScene({ sink: { delayMs: EACH }, env });
  await putTenant(scene.log, { id: "demo", returnPath: "bounce.example.com" });
  await sleep(1000);
  const report = await scene.load({ mails: 1, to: ofOne });
  await scene.sink.waitFor(({ received }) => received >= 10 * AT_ONCE, 30_000);
  await kill(scene.relay, "--stages=actors");
  const { extra, ...found } = await scene.reckon(report, ofOne);
  expect(found).toEqual({ ...CLEAN, accepted: 1 });
  expect(extra).toBeLessThanOrEqual(2 * AT_ONCE);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
