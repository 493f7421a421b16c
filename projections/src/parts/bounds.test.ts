import { firstUlidOf, timeOfUlid } from "@waybill/schemas";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { isIn, nameOf, partDaysOf, spanFor, type Span } from "./bounds.ts";

const DAY = 86_400_000;
const at = (day: string) => firstUlidOf(Date.parse(day));

it("divides what is kept by ten, whatever the days", () => {
  expect([1, 7, 30, 365].map(partDaysOf)).toEqual([1, 1, 3, 37]);
});

it("gives an id whole days, counted from 1970", () => {
  const span = spanFor(at("2026-11-22T13:00:00Z"), [], 1);
  expect(span).toEqual({ low: at("2026-11-22"), high: at("2026-11-23") });
  expect(nameOf(span)).toBe("20261122");
});

it("begins where the part before ends, and ends where the next one begins", () => {
  const before = { low: "", high: `${at("2026-11-22T10:00:00Z")}0` };
  const after = { low: at("2026-11-23"), high: at("2026-11-26") };
  const span = spanFor(at("2026-11-22T13:00:00Z"), [after, before], 10);
  expect(span).toEqual({ low: before.high, high: after.low });
  expect(nameOf(span)).toBe("20261122");
});

const made = fc.record({
  time: fc.integer({ min: 0, max: 400 * DAY }),
  days: fc.integer({ min: 1, max: 40 }),
});

it("makes parts that hold their ids and never overlap, also when their days change", () => {
  fc.assert(
    fc.property(fc.array(made, { maxLength: 40 }), (all) => {
      const parts: Span[] = [];
      for (const { time, days } of all) {
        const id = `${firstUlidOf(time).slice(0, 10)}ZZZZZZZZZZZZZZZZ`;
        if (parts.some((part) => isIn(part, id))) continue;
        const span = spanFor(id, parts, days);
        expect(isIn(span, id)).toBe(true);
        expect(timeOfUlid(span.high) - timeOfUlid(span.low)).toBeLessThanOrEqual(days * DAY);
        expect(parts.some(({ low, high }) => low < span.high && span.low < high)).toBe(false);
        parts.push(span);
      }
      expect(new Set(parts.map(nameOf)).size).toBe(parts.length);
    }),
  );
});
