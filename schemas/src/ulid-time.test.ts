import * as fc from "fast-check";
import { expect, it } from "vitest";
import { firstUlidOf, timeOfUlid } from "./ulid-time.ts";

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

it("is the time of the specification's example", () => {
  expect(firstUlidOf(1_469_918_176_385)).toBe("01ARYZ6S410000000000000000");
  expect(timeOfUlid("01ARYZ6S41TSV4RRFFQ69G5FAV")).toBe(1_469_918_176_385);
});

it("sorts as the times do", () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      expect(firstUlidOf(a) < firstUlidOf(b)).toBe(a < b);
    }),
  );
});

it("gives back the time", () => {
  fc.assert(
    fc.property(time, (at) => {
      expect(timeOfUlid(firstUlidOf(at))).toBe(at);
    }),
  );
});
