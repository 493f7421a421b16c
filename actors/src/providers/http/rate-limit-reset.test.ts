import { expect, test } from "vitest";
import { rateLimitResetMs } from "./rate-limit-reset.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

test.each([
  [String(NOW / 1000 + 30), 30_000],
  [String(NOW + 30_500), 30_500],
  [String(NOW / 1000 - 30), 0],
  ["30", 30_000],
  [" 1.5 ", 1500],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  [String(NOW / 1000 + 86_400), 900_000],
  ["99999999999999999999999", 900_000],
  ["soon", undefined],
  ["", undefined],
  [undefined, undefined],
])("%j is a wait of %j ms", (field, wait) => {
  expect(rateLimitResetMs(field, NOW)).toBe(wait);
});
