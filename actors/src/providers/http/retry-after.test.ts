import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

test.each([
  ["30", 30_000],
  [" 1.5 ", 1500],
  ["0", 0],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["Thu, 01 Jan 2026 00:00:00 GMT", 0],
  ["Wed, 31 Dec 2025 23:00:00 GMT", 0],
  ["86400", 900_000],
  ["Fri, 02 Jan 2026 00:00:00 GMT", 900_000],
  ["soon", undefined],
  ["", undefined],
  [undefined, undefined],
])("%j is a wait of %j ms", (field, wait) => {
  expect(retryAfterMs(field, NOW)).toBe(wait);
});

test("whatever is said, it is nothing or between nothing and a quarter of an hour", () => {
  assert(
    property(string(), (field) => {
      const wait = retryAfterMs(field, NOW) ?? 0;
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(900_000);
    }),
  );
});
