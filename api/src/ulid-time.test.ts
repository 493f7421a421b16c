import { newMessageId } from "@waybill/runtime";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { firstUlidOf } from "./ulid-time.ts";

it("is the time of the specification's example", () => {
  expect(firstUlidOf(1_469_918_176_385)).toBe("01ARYZ6S410000000000000000");
});

it("sorts as the times do", () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(time, time, (a, b) => {
      expect(firstUlidOf(a) < firstUlidOf(b)).toBe(a < b);
    }),
  );
});

it("does not sort after an id made in that time", () => {
  const before = Date.now();
  expect(firstUlidOf(before) <= newMessageId()).toBe(true);
});
