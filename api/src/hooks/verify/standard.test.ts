import * as fc from "fast-check";
import { createHmac, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import type { HookCall } from "../call.ts";
import { flipped } from "../testing/flipped.ts";
import { standardKey, verifyStandard } from "./standard.ts";

const secretOf = () => `whsec_${randomBytes(32).toString("base64")}`;
const [SECRET, OLDER] = [secretOf(), secretOf()];
const NOW = new Date();
const seconds = (offset = 0) => String(Math.floor(NOW.getTime() / 1000) + offset);

type Said = { id: string; timestamp: string; signature: string };
const callOf = (body: Buffer, said: Said, family = "webhook"): HookCall => ({
  headers: Object.fromEntries(
    Object.entries(said).map(([name, value]) => [`${family}-${name}`, value]),
  ),
  body,
  now: NOW,
});

function signatureOf(body: Buffer, id: string, timestamp: string, secret = SECRET): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
  return `v1,${mac.digest("base64")}`;
}
function signed(text: string, offset = 0, family?: string): HookCall {
  const [body, timestamp] = [Buffer.from(text), seconds(offset)];
  return callOf(body, { id: "m", timestamp, signature: signatureOf(body, "m", timestamp) }, family);
}

/** What the reference library says. */
function theirs({ headers, body }: HookCall, secret = SECRET): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

describe("a call by Standard Webhooks", () => {
  test("is taken by ours and by theirs when either signed it", () => {
    const ids = fc.stringMatching(/^[a-z0-9_]{1,40}$/);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), ids, (text, id) => {
        const [body, timestamp] = [Buffer.from(text), seconds()];
        const signature = signatureOf(body, id, timestamp);
        expect(new Webhook(SECRET).sign(id, new Date(Number(timestamp) * 1000), body)).toBe(
          signature,
        );
        const call = callOf(body, { id, timestamp, signature });
        expect(verifyStandard(call, [SECRET])).toEqual({ id });
        expect(theirs(call)).toBe(true);
      }),
    );
  });

  test("is refused by both when one byte of anything signed, or of the signature, is another", () => {
    const parts = fc.constantFrom("body", "id", "timestamp", "signature");
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "binary-ascii" }),
        parts,
        fc.nat(),
        (text, part, at) => {
          const [body, timestamp] = [Buffer.from(text), seconds()];
          const said = {
            id: "message",
            timestamp,
            signature: signatureOf(body, "message", timestamp),
          };
          const alter = (value: string) => flipped(Buffer.from(value), at).toString("latin1");
          const altered =
            part === "body"
              ? callOf(flipped(body, at), said)
              : callOf(body, { ...said, [part]: alter(said[part as keyof Said]) });
          expect(verifyStandard(altered, [SECRET])).toEqual({ refused: "forged" });
          expect(theirs(altered)).toBe(false);
        },
      ),
    );
  });

  test("is taken under the names that Svix gives the fields", () => {
    expect(verifyStandard(signed("{}", 0, "svix"), [SECRET])).toEqual({ id: "m" });
  });

  test("is taken with any secret in use, and with one good signature of several", () => {
    const call = signed("{}");
    expect(verifyStandard(call, [OLDER, SECRET])).toEqual({ id: "m" });
    expect(verifyStandard(call, [OLDER])).toEqual({ refused: "forged" });
    const [timestamp, body] = [seconds(), Buffer.from("{}")];
    const both = `${signatureOf(body, "m", timestamp, OLDER)} ${signatureOf(body, "m", timestamp)}`;
    const twice = callOf(body, { id: "m", timestamp, signature: both });
    expect(verifyStandard(twice, [SECRET])).toEqual({ id: "m" });
    expect(theirs(twice)).toBe(true);
  });

  test.each([[-310], [310]])("is refused by both %d seconds from now", (offset) => {
    const call = signed("{}", offset);
    expect(verifyStandard(call, [SECRET])).toEqual({ refused: "stale" });
    expect(theirs(call)).toBe(false);
  });

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])(
    "is refused without %s",
    (name) => {
      const call = signed("{}");
      const headers = { ...call.headers, [name]: undefined };
      expect(verifyStandard({ ...call, headers }, [SECRET])).toEqual({ refused: "forged" });
    },
  );

  test("is refused when it is the same JSON in other bytes", () => {
    const call = { ...signed('{"a":1}'), body: Buffer.from('{ "a": 1 }') };
    expect(verifyStandard(call, [SECRET])).toEqual({ refused: "forged" });
  });
});

test("a secret is base64 of 24 to 64 bytes, with or without its prefix", () => {
  expect(standardKey(SECRET)).toHaveLength(32);
  expect(standardKey(SECRET.slice(6))).toHaveLength(32);
  expect(standardKey(`whsec_${randomBytes(23).toString("base64")}`)).toBeUndefined();
  expect(standardKey("whsec_")).toBeUndefined();
  expect(standardKey("whsec_not base64")).toBeUndefined();
});
