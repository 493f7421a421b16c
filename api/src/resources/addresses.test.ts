import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Address, AddressOrDomain } from "./addresses.ts";

it.each([
  ["ann@example.com", true],
  ["ann+tag@mail.example.com", true],
  ["@example.com", true],
  ["@", false],
  ["@example", false],
  ["example.com", false],
  ["@@example.com", false],
  ["ann@example.com, bob@example.com", false],
  ["Ann <ann@example.com>", false],
  ["ann@example.com\r\nBcc: bob@example.com", false],
  [`${"x".repeat(243)}@example.com`, false],
])("%j is an address, or a domain's: %s", (text, isOne) => {
  expect(AddressOrDomain.safeParse(text).success).toBe(isOne);
});

it("no address has a control character, a space or a second line", () => {
  const breaking = fc.constantFrom("\r", "\n", "\0", "\t", " ", "\u007f");
  fc.assert(
    fc.property(fc.emailAddress(), breaking, fc.nat(), (address, bad, at) => {
      const place = at % (address.length + 1);
      const text = address.slice(0, place) + bad + address.slice(place);
      expect(Address.safeParse(text).success).toBe(false);
      expect(AddressOrDomain.safeParse(text).success).toBe(false);
    }),
  );
});
