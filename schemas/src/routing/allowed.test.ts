import { expect, it } from "vitest";
import { isAllowedRecipient } from "./allowed.ts";

const allowed = ["Ann@example.com", "@Ours.test"];

it.each([
  ["ann@EXAMPLE.com", true],
  ["anybody@ours.TEST", true],
  ["bob@example.com", false],
  ["a@sub.ours.test", false],
  ['"@ours.test"@example.com', false],
])("%s: %s", (address, expected) => {
  expect(isAllowedRecipient(allowed, address)).toBe(expected);
});

it("allows anybody where there is no list, and nobody where it is empty", () => {
  expect(isAllowedRecipient(undefined, "a@b.test")).toBe(true);
  expect(isAllowedRecipient([], "a@b.test")).toBe(false);
});
