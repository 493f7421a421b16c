import { expect, test } from "vitest";
import { Stay } from "./stay.ts";

/** After how many answers of a server it was left; undefined when it was not. */
function leftAfter(stay: Stay, server: string, answers: readonly boolean[]): number | undefined {
  const left = answers.findIndex((isGood) => stay.judge(server, isGood));
  return left === -1 ? undefined : left + 1;
}

const bad = (count: number): boolean[] => Array.from({ length: count }, () => false);

test("a server that knows no leader three times is left", () => {
  expect(leftAfter(new Stay(), "n1", bad(5))).toBe(3);
});

test("a server that knows one in between is not", () => {
  const answers = [false, false, true, false, false, true];
  expect(leftAfter(new Stay(), "n1", answers)).toBe(undefined);
});

test("what one server did not know is not held against the next", () => {
  const stay = new Stay();
  expect(leftAfter(stay, "n1", bad(2))).toBe(undefined);
  expect(leftAfter(stay, "n2", bad(5))).toBe(3);
});

test("a server that was left, and was come back to, is left at once", () => {
  const stay = new Stay();
  leftAfter(stay, "n1", bad(3));
  expect(leftAfter(stay, "n1", bad(3))).toBe(1);
});

test("while no server knows a leader it is asked for long before one is left again, until one knows it", () => {
  const stay = new Stay();
  for (const server of ["n1", "n2", "n3"]) expect(leftAfter(stay, server, bad(9))).toBe(3);
  expect(leftAfter(stay, "n1", bad(40))).toBe(20);
  expect(leftAfter(stay, "n2", [true, ...bad(9)])).toBe(4);
});
