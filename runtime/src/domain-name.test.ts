import * as fc from "fast-check";
import { expect, it } from "vitest";
import { domainName } from "./domain-name.ts";

it.each([
  ["Example.COM", "example.com"],
  ["example.com.", "example.com"],
  ["bücher.test", "xn--bcher-kva.test"],
  ["BÜCHER.test", "xn--bcher-kva.test"],
  ["xn--BCHER-kva.test", "xn--bcher-kva.test"],
  ["a。b", "a.b"],
  ["g\u043Eod.test", "xn--god-sed.test"],
  [`${"a".repeat(63)}.test`, `${"a".repeat(63)}.test`],
])("%j is %j", (text, name) => {
  expect(domainName(text)).toBe(name);
});

it.each([
  "",
  ".",
  "localhost",
  "*.example.com",
  "127.0.0.1",
  "0x7f.1",
  "1.2.3",
  "[::1]",
  "a..b",
  ".a.b",
  "-a.com",
  "a-.com",
  "a_b.com",
  "a b.com",
  "good.test/evil.test",
  "good.test／evil.test",
  "good.test?evil",
  "good%2etest",
  "user@good.test",
  "good.test:80",
  "good.test\u0000",
  `${"a".repeat(64)}.test`,
  `${"a.".repeat(127)}test`,
])("%j is none", (text) => {
  expect(domainName(text)).toBeUndefined();
});

const isStable = (one: string): boolean => domainName(one) === one;

it("is itself once it is one", () => {
  const text = fc.oneof(fc.domain(), fc.string({ unit: "grapheme" }));
  fc.assert(
    fc.property(text, (one) => {
      const name = domainName(one);
      expect(name === undefined || isStable(name)).toBe(true);
    }),
  );
});

it("of a name in ASCII is that name, in lower case", () => {
  fc.assert(
    fc.property(fc.domain(), (name) => {
      expect([undefined, name.toLowerCase()]).toContain(domainName(name));
    }),
  );
});
