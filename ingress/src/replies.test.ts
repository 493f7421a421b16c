import { describe, expect, it } from "vitest";
import { REPLIES, Refused, reply, words, type ReplyName } from "./replies.ts";

const names = Object.keys(REPLIES) as ReplyName[];
const EVERY_VALUE = {
  max: 1,
  line: 2,
  seconds: 3,
  messageId: "M",
  parameter: "P",
  field: "F",
  domain: "D",
  name: "N",
  scope: "user",
  per: "an hour",
  resetsAt: "2026-11-21T16:00:00Z",
};

describe("the table of replies", () => {
  it.each(names)("%s has codes of one class and one printable line", (name) => {
    const { code, enhanced, text } = reply(name, EVERY_VALUE);
    expect(enhanced).toMatch(/^[245]\.\d{1,3}\.\d{1,3}$/);
    expect(enhanced[0]).toBe(String(code)[0]);
    expect(text).toMatch(/^[ -~]{1,400}$/);
    expect(text).not.toMatch(/[{}]|undefined/);
  });

  it.each([
    ["tooManyConnections", 421, "4.3.2"],
    ["tooManyFromTenant", 421, "4.3.2"],
    ["tooManyFromClient", 421, "4.7.0"],
    ["connectionSpent", 421, "4.7.0"],
    ["dataTimeout", 421, "4.4.2"],
    ["shuttingDown", 421, "4.3.2"],
    ["tooManyMessages", 450, "4.7.1"],
    ["rateReached", 450, "4.7.1"],
    ["unavailable", 451, "4.3.0"],
    ["quotaReached", 452, "4.3.1"],
    ["tooManyRecipients", 452, "4.5.3"],
    ["malformedCommand", 500, "5.5.2"],
    ["authenticationRequired", 530, "5.7.0"],
    ["authenticationFailed", 535, "5.7.8"],
    ["encryptionRequired", 538, "5.7.11"],
    ["bareLf", 550, "5.6.0"],
    ["lineTooLong", 550, "5.6.0"],
    ["foreignDomain", 550, "5.7.1"],
    ["unclearOriginator", 550, "5.7.1"],
    ["headerTooLarge", 552, "5.3.4"],
    ["messageTooLarge", 552, "5.3.4"],
    ["needsSmtpUtf8", 553, "5.6.7"],
    ["unknownParameter", 555, "5.5.4"],
  ] as const)("%s is %i %s", (name, code, enhanced) => {
    expect(reply(name)).toMatchObject({ code, enhanced });
  });
});

it("fills its values in", () => {
  expect(words(reply("bareLf", { line: 17 }))).toBe("5.6.0 bare LF in line 17 (RFC 5321 2.3.8)");
  expect(words(reply("queued", { messageId: "01X" }))).toBe("2.0.0 Ok: queued as 01X");
});

it("travels as an error that smtp-server can read", () => {
  const { message, responseCode } = new Refused(reply("authenticationFailed"));
  expect([responseCode, message]).toEqual([535, "5.7.8 Error: authentication failed"]);
});
