import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressList } from "@waybill/schemas";
import { messageIdIn, readdress } from "./readdress.ts";

const TOP = "Received: from a\r\n\tby b\r\nX-Odd: \xe9\xff\r\n";
const REST = "Subject: To: somebody@else.test\r\n";
const BODY = "\r\nTo: body@x.test\r\n.\r\n\xe9\r\n";

const bytes = (text: string) => Buffer.from(text, "latin1");
const ID = "X-Relay-Id: m1\r\n";
const made = (text: string) => readdress(bytes(text), ["b@x.test"], "m1").mime.toString();
const of = (fields: string, recipients: string[]) => {
  const { mime, hidden } = readdress(bytes(`${TOP}${fields}${REST}${BODY}`), recipients, "m1");
  const [bcc = "", rest = ""] = mime.toString("latin1").split(ID);
  expect(rest.startsWith(TOP)).toBe(true);
  expect(rest.endsWith(`${REST}${BODY}`)).toBe(true);
  return { fields: `${rest.slice(TOP.length, -REST.length - BODY.length)}${bcc}`, hidden };
};

describe("the recipients of a header become those of the envelope", () => {
  it.each([
    ["To: A <a@x.test>,\r\n\tb@x.test\r\nCC: c@x.test\r\n", ["c@x.test", "b@x.test", "a@x.test"]],
    ["To: Ann@X.Test\r\n", ["aNN@x.test"]],
    ['To: "ann"@x.test, "b b"@x.test\r\n', ["ann@x.test", '"b b"@x.test']],
    ["To: a@b\xc3\xbccher.test\r\n", ["a@xn--bcher-kva.test"]],
    ["To: Team: a@x.test, b@x.test;\r\n", ["a@x.test", "b@x.test"]],
    ["To: a+tag@x.test\r\n", ["a+tag@x.test"]],
  ])("and %j stays as it is", (fields, recipients) => {
    expect(of(fields, recipients)).toEqual({ fields, hidden: [] });
  });

  it.each([
    ["", ["a@x.test", "b@x.test"], "Bcc: a@x.test,\r\n b@x.test\r\n"],
    ["To: a@x.test\r\n", ["a@x.test", "b@x.test"], "To: a@x.test\r\nBcc: b@x.test\r\n"],
    ["To: a@x.test, B <b@x.test>\r\n", ["b@x.test"], "To: B <b@x.test>\r\n"],
    ["To: a@x.test\r\nCc: b@x.test\r\n", ["b@x.test"], "Cc: b@x.test\r\n"],
    ["To: a@x.test\r\nCc: a@x.test\r\n", ["a@x.test"], "To: a@x.test\r\n"],
    ["To: a@x.test, A@X.TEST\r\n", ["a@x.test"], "To: a@x.test\r\n"],
    ["Bcc: a@x.test, c@x.test\r\n", ["a@x.test"], "Bcc: a@x.test\r\n"],
    ["To: a@x.test\r\nTo: b@x.test\r\n", ["b@x.test"], "Bcc: b@x.test\r\n"],
    ["to : a@evil.test <b@x.test>\r\n", ["b@x.test"], "Bcc: b@x.test\r\n"],
    ["To: J\xf6rg <a@x.test>, b@x.test\r\n", ["a@x.test"], "To: J\xf6rg <a@x.test>\r\n"],
    ["To: T: a@x.test, b@x.test;, c@x.test\r\n", ["c@x.test"], "To: c@x.test\r\n"],
    ["", ["a b@x.test"], 'Bcc: "a b"@x.test\r\n'],
    ["Cc: undisclosed-recipients:;\r\n", [], "Cc: undisclosed-recipients:;\r\n"],
  ])("and %j for %j becomes %j", (fields, recipients, expected) => {
    expect(of(fields, recipients).fields).toBe(expected);
  });

  it("in a message that is all header, or all body", () => {
    const top = `Bcc: b@x.test\r\n${ID}`;
    expect(made("To: a@x.test\r\n")).toBe(top);
    const body = "\r\nTo: a@x.test\r\n\r\n";
    expect(made(body)).toBe(`${top}${body}`);
  });
});

const address = fc
  .tuple(fc.stringMatching(/^[a-c]{1,2}(\+[a-z])?$/), fc.constantFrom("x.test", "y.test"))
  .map((parts) => parts.join("@"));
const shown = fc
  .tuple(address, fc.constantFrom("", "Ann", '"Ann, B"', "=?utf-8?q?x?="), fc.boolean())
  .map(([one, name, isUpper]) => {
    const text = isUpper ? one.toUpperCase() : one;
    return name === "" ? text : `${name} <${text}>`;
  });
const field = fc
  .tuple(fc.constantFrom("To", "Cc", "Bcc", "TO", "Subject"), fc.array(shown, { minLength: 1 }))
  .map(([name, all]) => `${name}: ${all.join(",\r\n ")}\r\n`);
const envelope = fc.uniqueArray(address, { minLength: 1, maxLength: 8 });

/** Whom a message would be sent to by those who read its header. */
function readers(mime: Buffer): string[] {
  const [head = ""] = mime.toString("latin1").split(/(?<=\r\n)\r\n/);
  const fields = head.split(/(?<=\r\n)(?![ \t])/).filter((one) => /^(to|cc|bcc):/i.test(one));
  const all = fields.flatMap((one) => addressList(one.slice(one.indexOf(":") + 1)) ?? []);
  return all.map(({ local, domain }) => `${local}@${domain}`.toLowerCase());
}

describe("any header and any envelope", () => {
  it("is sent to the envelope, to each of it once, and the rest stays", () => {
    fc.assert(
      fc.property(fc.array(field), envelope, fc.uint8Array(), (fields, recipients, body) => {
        const raw = Buffer.concat([bytes(`${fields.join("")}\r\n`), body]);
        const { mime } = readdress(raw, recipients, "m1");
        expect(readers(mime).toSorted()).toEqual(recipients.toSorted());
        const subjects = fields.filter((one) => one.startsWith("Subject")).join("");
        const left = mime.toString("latin1").match(/^Subject:.*\r\n(?:[ \t].*\r\n)*/gm) ?? [];
        expect(left.join("").startsWith(subjects)).toBe(true);
        expect(mime.subarray(mime.length - body.length)).toEqual(Buffer.from(body));
      }),
    );
  });

  it("is read to its end, whatever it is", () => {
    const unit = fc.constantFrom(...'To:Ccb@,;<>\r\n \t"\\()x.é'.split(""), "\r\n", "\r\n\r\n");
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const { mime } = readdress(Buffer.from(text), ["a@x.test"], "m1");
        expect(readers(mime)).toEqual(["a@x.test"]);
      }),
    );
  });
});

it.each([
  ["Message-ID: <a@b>\r\n\r\n", "<a@b>"],
  ["X: y\r\nmessage-id:\r\n <a@b>\r\n", "<a@b>"],
  ["X: <a@b>\r\n\r\nMessage-ID: <c@d>\r\n", undefined],
  ["Message-ID: a@b\r\n\r\n", undefined],
])("the Message-ID of %j is %j", (text, id) => {
  expect(messageIdIn(Buffer.from(text))).toBe(id);
});
