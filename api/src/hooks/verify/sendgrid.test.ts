import { EventWebhook } from "@sendgrid/eventwebhook";
import * as fc from "fast-check";
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type HookCall } from "../call.ts";
import { flipped } from "../testing/flipped.ts";
import { sendgridKey, verifySendgrid } from "./sendgrid.ts";

const NOW = new Date("2026-11-21T12:00:00.000Z");
const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const { publicKey, privateKey } = pair();
const textOf = (key: typeof publicKey) =>
  key.export({ type: "spki", format: "der" }).toString("base64");
const KEY = textOf(publicKey);
const OTHER = textOf(pair().publicKey);

const seconds = (offset = 0) => String(Math.floor(NOW.getTime() / 1000) + offset);
const callOf = (body: Buffer, timestamp: string, signature: string): HookCall => ({
  headers: {
    "x-twilio-email-event-webhook-timestamp": timestamp,
    "x-twilio-email-event-webhook-signature": signature,
  },
  body,
  now: NOW,
});
const signatureOf = (body: Buffer, timestamp: string) =>
  sign("sha256", Buffer.concat([Buffer.from(timestamp), body]), privateKey);
const signed = (text: string, timestamp = seconds()) => {
  const body = Buffer.from(text);
  return callOf(body, timestamp, signatureOf(body, timestamp).toString("base64"));
};

/** What SendGrid's own check says. */
function theirs({ headers, body }: HookCall, key = KEY): boolean {
  const oracle = new EventWebhook();
  const field = (name: string) => String(headers[`x-twilio-email-event-webhook-${name}`]);
  try {
    const theirKey = oracle.convertPublicKeyToECDSA(key);
    return oracle.verifySignature(theirKey, body, field("signature"), field("timestamp"));
  } catch {
    return false;
  }
}

const ours = (call: HookCall, key = KEY) => verifySendgrid(call, key);

/** Within the first number of a signature; theirs does not look at the lengths around it. */
const inNumber = (at: number) => 4 + (at % 32);

describe("a call of SendGrid", () => {
  test("is taken by ours and by theirs when it is signed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const call = signed(`${text}\r\n`);
        expect(ours(call)).toHaveProperty("id");
        expect(theirs(call)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test("is refused by both when one byte of body, timestamp or signature is another", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.constantFrom(0, 1, 2),
        fc.nat(),
        (text, part, at) => {
          const [body, timestamp] = [Buffer.from(text), seconds()];
          const parts = [body, Buffer.from(timestamp), signatureOf(body, timestamp)];
          const [one, two, three] = parts.map((bytes, index) =>
            index === part ? flipped(bytes, part === 2 ? inNumber(at) : at) : bytes,
          ) as [Buffer, Buffer, Buffer];
          const call = callOf(one, two.toString("latin1"), three.toString("base64"));
          expect(ours(call)).toEqual({ refused: "forged" });
          expect(theirs(call)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("is refused whatever byte of the signature is another", () => {
    const body = Buffer.from("[]");
    const signature = signatureOf(body, seconds());
    for (const at of signature.keys()) {
      const call = callOf(body, seconds(), flipped(signature, at).toString("base64"));
      expect(ours(call)).toEqual({ refused: "forged" });
    }
  });

  test("is refused by both under another key", () => {
    expect(ours(signed("[]"), OTHER)).toEqual({ refused: "forged" });
    expect(theirs(signed("[]"), OTHER)).toBe(false);
  });

  test("is taken over bytes that are no UTF-8, and not when they were made into text", () => {
    const body = Buffer.from([0x5b, 0xff, 0x5d]);
    const call = callOf(body, seconds(), signatureOf(body, seconds()).toString("base64"));
    expect(ours(call)).toHaveProperty("id");
    expect(ours({ ...call, body: Buffer.from(body.toString()) })).toEqual({ refused: "forged" });
  });

  test.each([[-24 * 3600 - 601], [301]])("is refused %d seconds from now", (offset) => {
    expect(ours(signed("[]", seconds(offset)))).toEqual({ refused: "stale" });
  });

  test.each([[-24 * 3600 - 590], [0], [290]])("is taken %d seconds from now", (offset) => {
    expect(ours(signed("[]", seconds(offset)))).toHaveProperty("id");
  });

  test("is refused without its fields, or with two of one", () => {
    const call = signed("[]");
    for (const name of Object.keys(call.headers)) {
      expect(ours({ ...call, headers: { ...call.headers, [name]: undefined } })).toEqual({
        refused: "forged",
      });
      const twice = `${String(call.headers[name])}, ${String(call.headers[name])}`;
      expect(ours({ ...call, headers: { ...call.headers, [name]: twice } })).toEqual({
        refused: "forged",
      });
    }
  });

  test("has one id, whatever signature of the same it bears", () => {
    expect(ours(signed("[]"))).toEqual(ours(signed("[]")));
  });
});

test("a key is one of P-256, in one spelling", () => {
  expect(sendgridKey(KEY)).toBeDefined();
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
  expect(sendgridKey(textOf(p384))).toBeUndefined();
  expect(sendgridKey(`${KEY}\n`)).toBeUndefined();
  expect(sendgridKey("not a key")).toBeUndefined();
});
