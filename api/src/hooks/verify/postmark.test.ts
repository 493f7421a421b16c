import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { HookCall } from "../call.ts";
import { flipped } from "../testing/flipped.ts";
import { verifyPostmark } from "./postmark.ts";

const SECRET = "a password of thirty-two letters";
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const callOf = (headers: HookCall["headers"], body = "{}"): HookCall => ({
  headers,
  body: Buffer.from(body),
  now: new Date(),
});
const BASIC = { username: "waybill", header: undefined };
const FIELD = { username: "waybill", header: "X-Secret" };

test("a call of Postmark bears the password, or the field that was agreed on", () => {
  const authorization = basic(`waybill:${SECRET}`);
  expect(verifyPostmark(callOf({ authorization }), BASIC, [SECRET])).toHaveProperty("id");
  expect(verifyPostmark(callOf({ authorization }), BASIC, ["new", SECRET])).toHaveProperty("id");
  expect(verifyPostmark(callOf({ "x-secret": SECRET }), FIELD, [SECRET])).toHaveProperty("id");
});

test.each([
  ["nothing", {}, BASIC],
  ["another password", { authorization: basic(`waybill:${SECRET}x`) }, BASIC],
  ["another name", { authorization: basic(`somebody:${SECRET}`) }, BASIC],
  ["a token", { authorization: `Bearer ${SECRET}` }, BASIC],
  [
    "the password where the field is agreed on",
    { authorization: basic(`waybill:${SECRET}`) },
    FIELD,
  ],
  ["the field where the password is", { "x-secret": SECRET }, BASIC],
  ["the field twice", { "x-secret": `${SECRET}, ${SECRET}` }, FIELD],
])("a call with %s is refused", (_, headers, how) => {
  expect(verifyPostmark(callOf(headers), how, [SECRET])).toEqual({ refused: "forged" });
});

test("one byte that is another makes it another", () => {
  fc.assert(
    fc.property(fc.nat(), (at) => {
      const authorization = flipped(Buffer.from(basic(`waybill:${SECRET}`)), at).toString("latin1");
      expect(verifyPostmark(callOf({ authorization }), BASIC, [SECRET])).toEqual({
        refused: "forged",
      });
    }),
  );
});

const idOf = (body: string) =>
  verifyPostmark(callOf({ "x-secret": SECRET }, body), FIELD, [SECRET]);

test("a call is known by its body", () => {
  expect(idOf("{}")).toEqual(idOf("{}"));
  expect(idOf("{}")).not.toEqual(idOf("{ }"));
});
