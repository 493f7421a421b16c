import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCidr, isOpen } from "./access.ts";

const NOW = new Date("2026-06-01T12:00:00.000Z");

describe("a secret of a machine", () => {
  test("opens from anywhere and for ever unless something else is said", () => {
    expect(isOpen({}, "192.0.2.1", NOW)).toBe(true);
  });

  test.each([
    ["2026-06-01T12:00:00.001Z", true],
    ["2026-06-01T12:00:00.000Z", false],
    ["2026-06-01T11:59:59.999Z", false],
  ])("that expires at %s opens: %s", (expiresAt, expected) => {
    expect(isOpen({ expiresAt }, "192.0.2.1", NOW)).toBe(expected);
  });

  test.each([
    ["192.0.2.255", true],
    ["::ffff:192.0.2.7", true],
    ["192.0.3.0", false],
    ["2001:db8:1::1", true],
    ["2001:db9::1", false],
    ["not an address", false],
  ])("for two networks opens from %s: %s", (address, expected) => {
    const networks = ["192.0.2.0/24", "2001:db8::/32"];
    expect(isOpen({ networks }, address, NOW)).toBe(expected);
  });

  test("for no network at all opens from nowhere", () => {
    expect(isOpen({ networks: [] }, "192.0.2.1", NOW)).toBe(false);
  });
});

describe("a block of addresses", () => {
  test.each(["0.0.0.0/0", "10.1.2.3/32", "::/0", "2001:db8::1/128"])("is %s", (text) => {
    expect(isCidr(text)).toBe(true);
  });

  test.each(["", "10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "a/8", "1/8"])(
    "is not %j",
    (text) => {
      expect(isCidr(text)).toBe(false);
    },
  );

  test("holds its own first address", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, prefix) => {
        expect(isOpen({ networks: [`${address}/${prefix}`] }, address, NOW)).toBe(true);
      }),
    );
  });
});
