import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeToken, encodeToken } from "./tokens.ts";

test("any text becomes one subject token and comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const token = encodeToken(text);
      expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeToken(token)).toBe(text);
    }),
  );
});

test("different texts have different tokens", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      expect(encodeToken(one) === encodeToken(other)).toBe(one === other);
    }),
  );
});
