import { firstUlidOf, workSubject } from "@waybill/schemas";
import { expect, test } from "vitest";
import { findAccepted, isAccepted } from "./find-accepted.ts";
import { startLog } from "./testing/log-server.ts";

const HOUR = 3_600_000;

test("a message is found whether the clock that named it was right, ahead or behind", async () => {
  await using log = await startLog();
  const now = Date.now();
  const ids = [0, 3, -3, 20, -20].map((hours) => firstUlidOf(now + hours * HOUR).padEnd(26, "0"));
  for (const messageId of ids)
    await log.nats.js.publish(
      workSubject(0, "acme", "accepted"),
      JSON.stringify({ type: "accepted", messageId }),
    );
  for (const messageId of ids)
    expect(await findAccepted(log.nats, "acme", messageId)).toMatchObject({ messageId });
  const [right = "", ahead = ""] = ids;
  expect(await isAccepted(log.nats, "acme", right)).toBe(true);
  expect(await isAccepted(log.nats, "acme", ahead)).toBe(false);
  expect(await findAccepted(log.nats, "globex", right)).toBe(undefined);
});
