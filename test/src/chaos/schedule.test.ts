import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { ALL, isAlone, nameOf } from "./faults.ts";
import { schedule, stepOf } from "./schedule.ts";

const seeds = integer({ min: 0, max: 999_999_999 });
const lengths = integer({ min: 1, max: 1000 });

const isPrefix = (seed: number, seconds: number) => {
  const faults = schedule(seed, seconds, ALL);
  expect(schedule(seed, seconds, ALL)).toEqual(faults);
  expect(schedule(seed, seconds + 60, ALL).slice(0, faults.length)).toEqual(faults);
};

test("the same seed makes the same faults, and a longer run of it begins with them", () => {
  assert(property(seeds, lengths, isPrefix));
});

test("other seeds make other faults", () => {
  const names = [1, 2, 3].map((seed) => schedule(seed, 300, ALL).map(nameOf).join());
  expect(new Set(names).size).toBe(3);
});

test("each fault comes once before any comes twice", () => {
  assert(
    property(seeds, (seed) => {
      const names = schedule(seed, 300, ALL).map(nameOf);
      for (let at = 0; at + ALL.length <= names.length; at += ALL.length)
        expect(new Set(names.slice(at, at + ALL.length)).size).toBe(ALL.length);
    }),
  );
});

test("the faults fill the time and begin within it, and those that meet no other overlap with none", () => {
  assert(
    property(seeds, lengths, (seed, seconds) => {
      const faults = schedule(seed, seconds, ALL);
      const steps = faults.map(stepOf);
      const begin = steps.slice(0, -1).reduce((sum, step) => sum + step, 0);
      expect(begin).toBeLessThan(seconds);
      expect(begin + (steps.at(-1) ?? 0)).toBeGreaterThanOrEqual(seconds);
      expect(faults.filter((one) => one.overlaps && isAlone(one))).toEqual([]);
    }),
  );
});

test("nothing to do is done at once", () => {
  expect(schedule(1, 60, [])).toEqual([]);
});
