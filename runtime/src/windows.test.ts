import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WindowUnit } from "@waybill/schemas";
import { windowOf } from "./windows.ts";

const units = fc.constantFrom<WindowUnit>("hour", "day", "month");
const moments = fc.date({
  min: new Date("1971-01-01T00:00:00Z"),
  max: new Date("2999-12-31T23:59:59.999Z"),
  noInvalidDate: true,
});

describe("a window", () => {
  it("holds the moment it is the window of", () => {
    fc.assert(
      fc.property(units, moments, (unit, at) => {
        const { startsAt, endsAt } = windowOf(unit, at);
        expect(startsAt <= at && at < endsAt).toBe(true);
      }),
    );
  });

  it("is the same for all its moments, and its neighbours touch it without a gap", () => {
    fc.assert(
      fc.property(units, moments, fc.double({ min: 0, max: 1, noNaN: true }), (unit, at, part) => {
        const window = windowOf(unit, at);
        const [start, end] = [window.startsAt.getTime(), window.endsAt.getTime()];
        const within = new Date(Math.min(end - 1, start + Math.floor((end - start) * part)));
        expect(windowOf(unit, within)).toEqual(window);
        expect(windowOf(unit, window.endsAt).startsAt).toEqual(window.endsAt);
        expect(windowOf(unit, new Date(start - 1)).endsAt).toEqual(window.startsAt);
      }),
    );
  });

  it("has a name that no other window of any unit has", () => {
    fc.assert(
      fc.property(units, moments, units, moments, (unit, at, otherUnit, otherAt) => {
        const [one, other] = [windowOf(unit, at), windowOf(otherUnit, otherAt)];
        const isSame = unit === otherUnit && one.startsAt.getTime() === other.startsAt.getTime();
        expect(one.name === other.name).toBe(isSame);
      }),
    );
  });

  it.each([
    ["month", "2026-01-31T23:59:59.999Z", "2026-01", "2026-02-01T00:00:00.000Z"],
    ["month", "2026-12-31T23:59:59.999Z", "2026-12", "2027-01-01T00:00:00.000Z"],
    ["month", "2028-02-29T12:00:00.000Z", "2028-02", "2028-03-01T00:00:00.000Z"],
    ["day", "2028-02-28T23:00:00.000Z", "2028-02-28", "2028-02-29T00:00:00.000Z"],
    ["day", "2027-02-28T23:00:00.000Z", "2027-02-28", "2027-03-01T00:00:00.000Z"],
    ["day", "2100-02-28T00:00:00.000Z", "2100-02-28", "2100-03-01T00:00:00.000Z"],
    ["hour", "2026-12-31T23:00:00.000Z", "2026-12-31T23", "2027-01-01T00:00:00.000Z"],
  ] as const)("%s of %s is %s, until %s", (unit, at, name, endsAt) => {
    const window = windowOf(unit, new Date(at));
    expect([window.name, window.endsAt.toISOString()]).toEqual([name, endsAt]);
  });
});
