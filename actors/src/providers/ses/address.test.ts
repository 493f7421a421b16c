import { expect, test } from "vitest";
import { asciiAddress } from "./address.ts";

test.each([
  ["a@y.test", "a@y.test"],
  ["a+b@Y.Test", "a+b@Y.Test"],
  ['"a b@c"@y.test', '"a b@c"@y.test'],
  ["", ""],
  ["a@bücher.test", "a@xn--bcher-kva.test"],
  ["a@點看.test", "a@xn--c1yn36f.test"],
  ["ä@y.test", undefined],
  ["ä@bücher.test", undefined],
  ["a@\u{e000}", undefined],
])("%s is taken as %s", (address, taken) => {
  expect(asciiAddress(address)).toBe(taken);
});
