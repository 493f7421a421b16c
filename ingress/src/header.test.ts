import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderReader } from "./header-reader.ts";
import { rewriteHeader } from "./header.ts";

const stamp = {
  received: "Received: here\r\n",
  hostname: "mx.waybill.test",
  messageId: "01JZZZZZZZZZZZZZZZZZZZZZZZ",
  date: new Date("2026-10-14T12:00:00.000Z"),
};

/** The message as it is kept, of one that came in these parts. */
function kept(...parts: string[]): string {
  const reader = new HeaderReader();
  let rest: Buffer | undefined;
  for (const part of parts) {
    const bytes = Buffer.from(part, "latin1");
    rest = rest === undefined ? reader.push(bytes) : Buffer.concat([rest, bytes]);
  }
  const header = rewriteHeader(reader.fields, stamp);
  return header.toString("latin1") + (rest ?? reader.flush()).toString("latin1");
}

const date = "Date: Wed, 14 Oct 2026 12:00:00 +0000\r\n";
const messageId = `Message-ID: <${stamp.messageId}@mx.waybill.test>\r\n`;
const dated = "Date: then\r\nMessage-ID: <m@x>\r\n";

describe("the header section that is kept", () => {
  it("has a Received on top, and Date and Message-ID only when they were missing", () => {
    expect(kept("Subject: x\r\n\r\nbody\r\n")).toBe(
      `${stamp.received}Subject: x\r\n${date}${messageId}\r\nbody\r\n`,
    );
    expect(kept(`${dated}\r\nbody\r\n`)).toBe(`${stamp.received}${dated}\r\nbody\r\n`);
  });

  it.each([
    ["an empty message", "", ""],
    ["an empty line alone", "\r\n", ""],
    ["a body without header", "\r\nbody\r\n", "body\r\n"],
    ["a first line that is no field", "Hello Bob\r\nBcc: c@x\r\n", "Hello Bob\r\nBcc: c@x\r\n"],
    ["a first line that continues nothing", " x: y\r\n", " x: y\r\n"],
    ["a colon without a name", ": y\r\n\r\n", ": y\r\n\r\n"],
  ])("is ours alone for %s", (_what, message, body) => {
    expect(kept(message)).toBe(`${stamp.received}${date}${messageId}\r\n${body}`);
  });

  it("ends with the fields when there are only fields", () => {
    expect(kept(`${dated}Subject: x\r\n`)).toBe(`${stamp.received}${dated}Subject: x\r\n\r\n`);
  });

  it("ends before a stray line, which begins the body", () => {
    expect(kept(`${dated}stray\r\nX-SMTPAPI: {}\r\n\r\nbody\r\n`)).toBe(
      `${stamp.received}${dated}\r\nstray\r\nX-SMTPAPI: {}\r\n\r\nbody\r\n`,
    );
  });

  it.each([
    "Bcc: c@x",
    "BCC : c@x",
    "bcc\t:c@x",
    "Resent-Bcc: c@x",
    "Return-Path: <a@x>",
    "X-SMTPAPI: {}",
    "X-SES-CONFIGURATION-SET: s",
    "X-Mailgun-Variables: {}",
    "X-PM-Message-Stream: s",
    "X-MSYS-API: {}",
    "X-MC-Subaccount: s",
    "X-Mailjet-Campaign: s",
    "X-MJ-CustomID: s",
    "Resend-Idempotency-Key: s",
    "X-Relay-Id: s",
    "X-Waybill-Tenant: s",
    "Authentication-Results: mx.waybill.test; spf=pass",
    "Authentication-Results: (c (d)) MX.Waybill.Test 1; spf=pass",
    'authentication-results: "mx.waybill.test"; none',
    "Authentication-Results:\r\n mx.waybill.test; spf=pass",
    "Authentication-Results: (a\\) b) mx.waybill.test(c); spf=pass",
    "Authentication-Results: (never closed mx.waybill.test; spf=pass",
    "Bcc: c@x,\r\n d@x,\r\n\te@x",
  ])("loses %j", (field) => {
    expect(kept(`${dated}${field}\r\nTo: b@x\r\n\r\n`)).toBe(
      `${stamp.received}${dated}To: b@x\r\n\r\n`,
    );
  });

  it("loses results of ours behind more comment than is read", () => {
    const field = `Authentication-Results: (${"\r\n c".repeat(1000)}) mx.waybill.test; spf=pass`;
    expect(kept(`${dated}${field}\r\n\r\n`)).toBe(`${stamp.received}${dated}\r\n`);
  });

  it.each([
    "Resent-From: a@x",
    "Resent-To: a@x",
    "X-Mailer: SES",
    "X-SMTP: API",
    "Authentication-Results: mx.other.test; spf=pass",
    "Authentication-Results: mx.waybill.test.evil.test; spf=pass",
    "Subject: \xe9\xff\x80",
    "X-Empty:",
    "Received: from a\r\n by b",
  ])("keeps %j", (field) => {
    expect(kept(`${dated}${field}\r\n\r\n`)).toBe(`${stamp.received}${dated}${field}\r\n\r\n`);
  });

  const value = fc.string({
    unit: fc.constantFrom(..." \t:;<>@aZ\x01\x7f\x80\xe9\xff".split("")),
    maxLength: 30,
  });
  const name = fc.string({
    unit: fc.constantFrom(..."abXY-_09!".split("")),
    minLength: 1,
    maxLength: 12,
  });
  const field = fc
    .tuple(name, fc.array(value, { minLength: 1, maxLength: 3 }))
    .map(([key, lines]) => `${key}:${lines.join("\r\n ")}\r\n`);

  it("leaves every other octet as it came, however it was cut", () => {
    fc.assert(
      fc.property(fc.array(field), value, fc.nat(), (fields, body, cut) => {
        const message = `${dated}${fields.join("")}\r\n${body}\r\n`;
        const at = cut % message.length;
        const expected = stamp.received + message;
        expect(kept(message.slice(0, at), message.slice(at))).toBe(expected);
        expect(kept(...message.split(""))).toBe(expected);
      }),
    );
  });
});
