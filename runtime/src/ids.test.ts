import * as fc from "fast-check";
import { expect, test } from "vitest";
import { firstUlidOf } from "@waybill/schemas";
import { newMessageId, userIdOf } from "./ids.ts";

test("an address has one id, however it is written, and another address another one", () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.emailAddress(), (one, other) => {
      expect(userIdOf(one)).toMatch(/^[0-9a-f]{26}$/);
      expect(userIdOf(one.toUpperCase())).toBe(userIdOf(one));
      const isSame = one.toLowerCase() === other.toLowerCase();
      expect(userIdOf(one) === userIdOf(other)).toBe(isSame);
    }),
  );
});

test("an id does not sort before the time it was made in", () => {
  const before = Date.now();
  expect(firstUlidOf(before) <= newMessageId()).toBe(true);
});
