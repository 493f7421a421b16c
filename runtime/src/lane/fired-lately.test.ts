import { expect, test } from "vitest";
import type { RetryDue } from "@waybill/schemas";
import { FiredLately } from "./fired-lately.ts";

const due = (messageId: string, rest: object = {}): RetryDue =>
  ({ type: "due", messageId, attempt: 2, envelope: { recipients: ["a", "b"] }, ...rest }) as never;

test("an item that is like another has that one's sequence", () => {
  const lately = new FiredLately();
  expect(lately.firstOf(due("1"), 5)).toBe(5);
  expect(lately.firstOf(due("1"), 9)).toBe(5);
  expect(lately.firstOf(due("1"), 5)).toBe(5);
});

test.each([
  ["message", due("2")],
  ["attempt", due("1", { attempt: 3 })],
  ["wait", due("1", { waiting: { times: 1 } })],
  ["set of recipients", due("1", { envelope: { recipients: ["b"] } })],
])("one of another %s is not like it", (_, other) => {
  const lately = new FiredLately();
  lately.firstOf(due("1"), 5);
  expect(lately.firstOf(other, 9)).toBe(9);
});

test("the oldest are forgotten", () => {
  const lately = new FiredLately(2);
  for (const [at, id] of ["1", "2", "3"].entries()) lately.firstOf(due(id), at);
  expect(lately.firstOf(due("3"), 9)).toBe(2);
  expect(lately.firstOf(due("1"), 9)).toBe(9);
});
