import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readReport } from "./report.ts";

const folder = new URL("samples/", import.meta.url);
const NAMES = readdirSync(folder);
const sample = (name: string): string => readFileSync(new URL(name, folder), "utf8");
const crlf = (text: string): string => text.replaceAll(/\r?\n/g, "\r\n");

const failed = (isHard: boolean, category: string, enhanced: string, words: RegExp) => ({
  kind: "failed",
  isHard,
  category,
  enhanced,
  response: expect.stringMatching(words) as string,
});

const EXPECTED: Record<string, object | undefined> = {
  "postfix.eml": failed(true, "invalid_recipient", "5.1.1", /^550 5\.1\.1 .*User unknown/),
  "postfix-delayed.eml": {
    kind: "delayed",
    response: "connect to inner.y.test[192.0.2.7]:25: Connection timed out",
  },
  "exim.eml": failed(true, "inactive", "5.0.0", /^550 5\.2\.1 .*disabled/),
  "exim-plain.eml": failed(false, "mailbox_full", "5.2.2", /^552 5\.2\.2 Mailbox full$/),
  "exchange.eml": failed(true, "invalid_recipient", "5.1.10", /RecipientNotFound/),
  "exchange-plain.eml": failed(false, "policy", "5.7.1", /Unable to relay$/),
  "gmail.eml": failed(true, "invalid_recipient", "5.1.1", /^550-5\.1\.1 .*NoSuchUser/),
  "qmail.eml": failed(true, "invalid_recipient", "5.1.1", /^550 5\.1\.1 no such user$/),
  "expired.eml": failed(false, "network", "4.4.7", /connection timed out/),
  "abuse.eml": { kind: "abuse", feedbackType: "abuse" },
  "away.eml": undefined,
};

test("every sample is read", () => {
  expect(NAMES.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
});

describe.each(NAMES)("%s", (name) => {
  test("says what became of the mail, with either line end", () => {
    expect(readReport(sample(name))).toEqual(EXPECTED[name]);
    expect(readReport(crlf(sample(name)))).toEqual(EXPECTED[name]);
  });
});

test("of the original nothing is read, and a report cut short in it says the same", () => {
  const whole = sample("postfix.eml");
  const cut = whole.slice(0, whole.indexOf("Undelivered Message Headers"));
  expect(readReport(cut)).toEqual(EXPECTED["postfix.eml"]);
});

const as = (type: string) =>
  readReport(sample("abuse.eml").replace("Feedback-Type: abuse", `Feedback-Type: ${type}`));

test("what is asked for by the recipient, or is no complaint, is told apart", () => {
  expect(as("opt-out")).toEqual({ kind: "opt-out" });
  expect(as("Fraud")).toEqual({ kind: "abuse", feedbackType: "fraud" });
  expect(as("not-spam")).toBeUndefined();
});

test("any text, and any sample with pieces lost or doubled, is read to its end without an error", () => {
  const pieces = fc.constantFrom(...NAMES).chain((name) => {
    const text = sample(name);
    const cut = fc.tuple(fc.nat(text.length), fc.nat(text.length), fc.string({ unit: "binary" }));
    return cut.map(([one, other, junk]) => text.slice(0, one) + junk + text.slice(other));
  });
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string({ unit: "binary" })), (text) => {
      const report = readReport(text);
      const response = report !== undefined && "response" in report ? report.response : "";
      expect(response).toMatch(/^[^\p{Cc}]{0,500}$/u);
      expect(response.isWellFormed()).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a text made to cost much costs little", () => {
  const hostile = [" ", "\n", "\n ", "a:", "=", "--", '";', "\n--b", "550 5.1.1 "].map((unit) =>
    unit.repeat(200_000),
  );
  const head =
    "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n";
  for (const text of hostile) expect(readReport(head + text)).toBeUndefined();
  expect(hostile.map(readReport).filter(Boolean)).toEqual([]);
  for (const end of ["\u2028", "\r.", "\u2029\r"]) {
    const field = `a:${" ".repeat(200_000)}${end}`;
    for (const text of [field, head + field]) expect(readReport(text)).toBeUndefined();
  }
});
