import type { MessageView } from "@waybill/schemas";
import { expect, it } from "vitest";
import { ViewCache } from "./cache.ts";

const viewWith = (recipients: number) =>
  ({ recipients: Array.from({ length: recipients }) }) as unknown as MessageView;

it("drops what was used longest ago, and counts recipients", () => {
  const cache = new ViewCache(6);
  cache.set("a", viewWith(1));
  cache.set("b", viewWith(1));
  cache.set("a", viewWith(1));
  cache.set("c", viewWith(2));
  expect(["a", "b", "c"].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
});

it("does not keep a view that alone is too large", () => {
  const cache = new ViewCache(6);
  cache.set("a", viewWith(1));
  cache.set("large", viewWith(6));
  expect(cache.get("large")).toBeUndefined();
});

it("forgets everything, and then has room again", () => {
  const cache = new ViewCache(6);
  cache.set("a", viewWith(5));
  cache.clear();
  expect(cache.get("a")).toBeUndefined();
  cache.set("b", viewWith(5));
  expect(cache.get("b")).toBeDefined();
});
