import * as fc from "fast-check";
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { HookCall } from "../call.ts";
import { flipped } from "../testing/flipped.ts";
import { verifyMailgun } from "./mailgun.ts";

const NOW = new Date("2026-11-21T12:00:00.000Z");
const KEY = "0123456789abcdef0123456789abcdef";
const seconds = (offset = 0) => String(Math.floor(NOW.getTime() / 1000) + offset);
const TOKEN = "a".repeat(50);

const macOf = (timestamp: string, token: string, key = KEY) =>
  createHmac("sha256", key).update(`${timestamp}${token}`).digest("hex");
const callOf = (signature: object, event: object = { event: "delivered" }): HookCall => ({
  headers: {},
  body: Buffer.from(JSON.stringify({ signature, "event-data": event })),
  now: NOW,
});
const signed = (timestamp = seconds(), token = TOKEN) =>
  callOf({ timestamp, token, signature: macOf(timestamp, token) });

describe("a call of Mailgun", () => {
  test("is known by its token", () => {
    expect(verifyMailgun(signed(), [KEY])).toEqual({ id: TOKEN });
    expect(verifyMailgun(signed(), ["another", KEY])).toEqual({ id: TOKEN });
    expect(verifyMailgun(signed(), ["another"])).toEqual({ refused: "forged" });
  });

  test("is refused when one byte of timestamp, token or signature is another", () => {
    const parts = fc.constantFrom("timestamp", "token", "signature");
    fc.assert(
      fc.property(parts, fc.nat(), (part, at) => {
        const timestamp = seconds();
        const said: Record<string, string> = { timestamp, token: TOKEN };
        said["signature"] = macOf(timestamp, TOKEN);
        said[part] = flipped(Buffer.from(said[part] ?? ""), at).toString("latin1");
        expect(verifyMailgun(callOf(said), [KEY])).toEqual({ refused: "forged" });
      }),
    );
  });

  test("is refused when digits go from the token to the timestamp: both are one text to the signature", () => {
    const [timestamp, token] = [seconds(), `7${TOKEN}`];
    const signature = macOf(timestamp, token);
    const shifted = callOf({ timestamp: `${timestamp}7`, token: TOKEN, signature });
    expect(verifyMailgun(callOf({ timestamp, token, signature }), [KEY])).toHaveProperty("id");
    expect(verifyMailgun(shifted, [KEY])).toEqual({ refused: "forged" });
  });

  test.each([[-9 * 3600 - 1], [301]])("is refused %d seconds from now", (offset) => {
    expect(verifyMailgun(signed(seconds(offset)), [KEY])).toEqual({ refused: "stale" });
  });

  test("is taken for as long as Mailgun tries again", () => {
    expect(verifyMailgun(signed(seconds(-9 * 3600 + 1)), [KEY])).toHaveProperty("id");
  });

  test.each([["no JSON"], ["null"], ["[]"], ["{}"], ['{"signature":{"timestamp":1}}']])(
    "is refused when its body is %s",
    (body) => {
      const call = { ...signed(), body: Buffer.from(body) };
      expect(verifyMailgun(call, [KEY])).toEqual({ refused: "forged" });
    },
  );
});
