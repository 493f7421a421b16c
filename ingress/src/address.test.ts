import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAscii, mailboxKey, readPath } from "./address.ts";

const label = "d".repeat(63);

const textOf = (charset: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...charset.split("")), minLength: 1, maxLength });

describe("readPath", () => {
  it.each([
    ["<a@x.test>", "a@x.test"],
    ["<>", ""],
    ["<A.b+c=d/e'f@sub-domain.x.test>", "A.b+c=d/e'f@sub-domain.x.test"],
    ['<"a b"@x.test>', '"a b"@x.test'],
    [String.raw`<"a\"@>b"@x.test>`, String.raw`"a\"@>b"@x.test`],
    ['<""@x.test>', '""@x.test'],
    ["<a@[192.0.2.1]>", "a@[192.0.2.1]"],
    ["<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"],
    ["<@one.test,@two.test:a@x.test>", "a@x.test"],
    ["<a@localhost>", "a@localhost"],
    ["<a@xn--bcher-kva.test>", "a@xn--bcher-kva.test"],
    ["<δοκιμή@παράδειγμα.test>", "δοκιμή@παράδειγμα.test"],
    [`<${"l".repeat(64)}@x.test>`, `${"l".repeat(64)}@x.test`],
    [`<a@${[label, label, label].join(".")}>`, `a@${[label, label, label].join(".")}`],
  ])("takes %s", (text, address) => {
    expect(readPath(text)).toEqual({ address, rest: "" });
  });

  it.each([
    "a@x.test",
    "<a@x.test",
    "<a>",
    "<postmaster>",
    "<@x.test>",
    "<a@>",
    "<.a@x.test>",
    "<a.@x.test>",
    "<a..b@x.test>",
    "<a b@x.test>",
    "<a@b@x.test>",
    '<"a@x.test>',
    '<a"b"@x.test>',
    "<a@-x.test>",
    "<a@x-.test>",
    "<a@x..test>",
    "<a@x.test.>",
    "<a@x_y.test>",
    "<a@[192.0.2.256]>",
    "<a@[192.0.2]>",
    "<a@[2001:db8::1]>",
    "<a@[IPv6:2001:db8:::1]>",
    "<a@x.test\u0000>",
    "<a\r\n@x.test>",
    "<a\u200B@x.test>",
    "<a\u202E@x.test>",
    "<a\u0085@x.test>",
    `<${"l".repeat(65)}@x.test>`,
    `<${"é".repeat(33)}@x.test>`,
    `<a@${"d".repeat(64)}.test>`,
    `<${"l".repeat(64)}@${[label, label, label].join(".")}>`,
  ])("refuses %j", (text) => {
    expect(readPath(text)).toBeUndefined();
  });

  it("leaves what follows the path alone", () => {
    expect(readPath("<a@x.test> SIZE=1")).toEqual({ address: "a@x.test", rest: " SIZE=1" });
  });

  const local = fc.oneof(
    fc
      .array(textOf("aZ09!#$%&'*+/=?^_`{|}~-é", 8), { minLength: 1, maxLength: 4 })
      .map((all) => all.join(".")),
    textOf(" !#$%&'()*+,-./:;<=>?@[]^_`{|}~aZ9", 40).map((inside) => `"${inside}"`),
  );
  const domain = fc
    .array(textOf("aZ09é", 20), { minLength: 1, maxLength: 4 })
    .map((labels) => labels.join("."));

  it("gives back every mailbox of the grammar as it was written", () => {
    fc.assert(
      fc.property(local, domain, (before, after) => {
        expect(readPath(`<${before}@${after}>`)?.address).toBe(`${before}@${after}`);
      }),
    );
  });

  it("never lets a line end, a control character or more than 254 octets through", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }).map((octets) => Buffer.from(octets).toString()),
        local,
        (noise, before) => {
          const address = readPath(`<${before}${noise}>`)?.address ?? "";
          expect(address).not.toMatch(/\p{Cc}/u);
          expect(Buffer.byteLength(address)).toBeLessThanOrEqual(254);
        },
      ),
    );
  });

  it("reads hostile lengths to their end", () => {
    expect(readPath(`<a@${"a-".repeat(8000)}>`)).toBeUndefined();
    expect(readPath(`<${"a.".repeat(8000)}@x>`)).toBeUndefined();
    expect(readPath(`<"${'\\"'.repeat(8000)}@x>`)).toBeUndefined();
    expect(readPath(`<@${"a,@".repeat(5000)}>`)).toBeUndefined();
  });
});

it("tells which addresses need SMTPUTF8", () => {
  expect(isAscii('"a b"@x.test')).toBe(true);
  expect(isAscii("é@x.test")).toBe(false);
});

it("ignores case in the domain only when it compares mailboxes", () => {
  expect(mailboxKey("Bob@X.Test")).toBe("Bob@x.test");
  expect(mailboxKey('"A@B"@X.Test')).toBe('"A@B"@x.test');
});
