import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { putTenant } from "../src/faults/log-access.ts";
import { openScene } from "../src/faults/scene.ts";

/** Recipients of one mail, transactions of it at once, and milliseconds of each: longer in all than a stop waits. */
const [MANY, AT_ONCE, EACH] = [80, 5, 1000];

const oneOfMany = () => Array.from({ length: MANY }, (_, at) => `ok-${at}@sink.test`);

test("a mail whose answer a stop cannot wait for is not sent again to a tenant that wants no second copy", async () => {
  await using scene = await openScene({ sink: { delayMs: 25_000 } });
  await putTenant(scene.log, { id: "demo", onAmbiguous: "deadletter" });
  const report = await scene.load({ mails: 1 });
  await scene.sink.waitFor(({ received }) => received === 1, 30_000);
  expect(await scene.relay.stop("SIGTERM")).toBe(0);
  await scene.startAgain();
  const dead = { "ok: ambiguous": 1 };
  expect(await scene.reckon(report)).toMatchObject({ lost: [], dead, extra: 0 });
  expect(await scene.ambiguous(report)).toEqual(["0"]);
  expect(scene.sink.received).toBe(1);
});

test("of a mail to many, each in a transaction of its own, a stop keeps who has it, and nobody gets two", async () => {
  const env = { WAYBILL_RELAY_CONCURRENCY: String(AT_ONCE) };
  await using scene = await openScene({ sink: { delayMs: EACH }, env });
  const change = { onAmbiguous: "deadletter", returnPath: "bounce.example.com" } as const;
  await putTenant(scene.log, { id: "demo", ...change });
  await sleep(1000);
  const report = await scene.load({ mails: 1, to: oneOfMany });
  await scene.sink.waitFor(({ received }) => received >= 2 * AT_ONCE, 30_000);
  expect(await scene.relay.stop("SIGTERM")).toBe(0);
  expect(scene.sink.received).toBeLessThan(MANY);
  await scene.startAgain();
  const { dead, ...found } = await scene.reckon(report, oneOfMany);
  expect(found).toMatchObject({ lost: [], extra: 0 });
  expect(scene.sink.received).toBe(MANY);
  // Only those whose dot was out when it ended.
  expect(Object.keys(dead)).toEqual(["ok: ambiguous"]);
  expect(dead["ok: ambiguous"]).toBeLessThanOrEqual(AT_ONCE);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
