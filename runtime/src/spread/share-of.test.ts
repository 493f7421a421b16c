import { assert, integer, property, string, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { sharesOf } from "./share-of.ts";

const counts = integer({ min: 0, max: 200 });
const workers = uniqueArray(string({ minLength: 1 }), { minLength: 1, maxLength: 12 });

function ownersOf(count: number, ids: string[]): string[] {
  const owners: string[] = [];
  for (const [id, parts] of sharesOf(count, ids)) for (const part of parts) owners[part] = id;
  return owners;
}

const moved = (before: string[], after: string[]): number =>
  before.filter((owner, part) => owner !== after[part]).length;

test("every part has exactly one worker, and no worker has two more than another", () => {
  assert(
    property(counts, workers, (count, ids) => {
      const shares = [...sharesOf(count, ids).values()];
      const all = Array.from({ length: count }, (_, part) => part);
      expect(shares.flat().toSorted((a, b) => a - b)).toEqual(all);
      const sizes = shares.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test("the order in which the workers were heard of changes nothing", () => {
  assert(
    property(counts, workers, (count, ids) => {
      expect(ownersOf(count, ids.toReversed())).toEqual(ownersOf(count, ids));
    }),
  );
});

test("when a worker comes or goes, twice its share moves at most, on average", () => {
  const [count, rounds] = [64, 100];
  for (const others of [1, 2, 4, 7]) {
    let all = 0;
    for (let round = 0; round < rounds; round += 1) {
      const ids = Array.from({ length: others }, (_, at) => `worker ${round} ${at}`);
      all += moved(ownersOf(count, ids), ownersOf(count, [...ids, `newcomer ${round}`]));
    }
    expect(all / rounds).toBeLessThan((2 * count) / (others + 1));
  }
});

test("of fewer parts than workers the oldest have one each", () => {
  expect(Object.fromEntries(sharesOf(1, ["2", "1", "3"]))).toEqual({ 1: [0], 2: [], 3: [] });
});

test("without a worker nobody has anything", () => {
  expect(sharesOf(16, []).size).toBe(0);
});
