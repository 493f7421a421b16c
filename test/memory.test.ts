import { hasS3, startS3 } from "@waybill/runtime/testing/s3";
import { expect, test } from "vitest";
import { eventsOf } from "./src/faults/log-access.ts";
import { openScene, type Scene } from "./src/faults/scene.ts";
import { ask } from "./src/relay/ask.ts";
import { peakOf } from "./src/relay/node-memory.ts";

/** MiB of the four Node processes together, while 20 connections bring 25 MiB each. */
const LIMIT = 400;

/** Milliseconds: gigabytes pass through on a machine that may do other things. */
const SLOW = 600_000;

/** The stores that keep the bodies of a scene's mails. */
async function storesOf({ log }: Scene): Promise<string[]> {
  const accepted = await eventsOf(log, "demo", "accepted");
  return [...new Set(accepted.flatMap((one) => (one.type === "accepted" ? [one.body.store] : [])))];
}

test(
  "bodies in the log take less, plain and signed",
  async () => {
    await using scene = await openScene();
    expect(await peakOf(scene, { name: "plain", mails: 40, connections: 20 })).toBeLessThan(LIMIT);
    await ask(scene.relay, "POST", "/api/v1/dkim-keys", { domain: "x.test" });
    expect(await peakOf(scene, { name: "signed", mails: 20, connections: 20 })).toBeLessThan(LIMIT);
  },
  SLOW,
);

test(
  "50 connections take less than a MiB each beyond that",
  async () => {
    await using scene = await openScene();
    expect(await peakOf(scene, { name: "50", mails: 60, connections: 50 })).toBeLessThan(
      LIMIT + 30,
    );
  },
  SLOW,
);

test(
  "bodies in files take less",
  async () => {
    await using scene = await openScene({ env: { WAYBILL_BODY_STORE: "fs" } });
    expect(await peakOf(scene, { name: "fs", mails: 40, connections: 20 })).toBeLessThan(LIMIT);
    expect(await storesOf(scene)).toEqual(["fs"]);
  },
  SLOW,
);

test.skipIf(!hasS3())(
  "bodies in a bucket take that and its client, in two processes",
  async () => {
    await using s3 = await startS3();
    const env = { WAYBILL_BODY_STORE: "s3", ...s3.settings };
    await using scene = await openScene({ env });
    expect(await peakOf(scene, { name: "s3", mails: 40, connections: 20 })).toBeLessThan(
      LIMIT + 60,
    );
    expect(await storesOf(scene)).toEqual(["s3"]);
  },
  SLOW,
);
