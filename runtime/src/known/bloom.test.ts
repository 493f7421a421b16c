import { array, assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { Bloom } from "./bloom.ts";

test("forgets nothing", () => {
  assert(
    property(array(string(), { maxLength: 2000 }), (texts) => {
      const bloom = new Bloom();
      texts.forEach((text) => bloom.add(text));
      expect(texts.every((text) => bloom.mayHave(text))).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test("knows nearly all that were never added, through all of its layers", () => {
  const bloom = new Bloom();
  for (let nth = 0; nth < 20_000; nth += 1) bloom.add(`01J${nth} 1`);
  const taken = Array.from({ length: 20_000 }, (_, nth) => bloom.mayHave(`01J${nth} 2`));
  expect(taken.filter(Boolean).length).toBeLessThan(10);
});

test("is small for few, and has a greatest size for many", () => {
  const bloom = new Bloom(1024);
  for (let nth = 0; nth < 100; nth += 1) bloom.add(String(nth));
  expect(bloom.octets).toBeLessThan(2 ** 11);
  for (let nth = 0; nth < 20_000; nth += 1) bloom.add(String(nth));
  expect(bloom.octets).toBeLessThan(6 * 1024);
  expect(bloom.mayHave("19999")).toBe(true);
});
