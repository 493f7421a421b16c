import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadMaster } from "../secrets.ts";
import { masterKeys } from "./keys.ts";

const [ONE, OTHER] = [
  "a master key of 32 characters, or more",
  "another one of 32 characters, or so",
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const keys = (given?: string, next?: string) =>
  masterKeys({ WAYBILL_DATA: folder, WAYBILL_SECRET: given, WAYBILL_SECRET_NEXT: next });
const kept = () => readFileSync(join(folder, "secret"), "utf8");

test("a kept key is replaced by one that is made, once the change is finished", () => {
  const old = loadMaster(folder, undefined);
  const change = keys();
  const { from, to } = change;
  expect([from, kept()]).toEqual([old, old]);
  expect(to).toMatch(/^[\w-]{43}$/);
  expect(keys().to).toBe(to);
  change.finish();
  expect(kept()).toBe(to);
  expect(statSync(join(folder, "secret")).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["secret"]);
  expect(keys().from).toBe(to);
});

test("a kept key is replaced by one that is given", () => {
  loadMaster(folder, undefined);
  keys(undefined, ONE).finish();
  expect(kept()).toBe(ONE);
});

test("a key of the environment is written nowhere", () => {
  const change = keys(ONE, OTHER);
  change.finish();
  expect([change.from, change.to]).toEqual([ONE, OTHER]);
  expect(readdirSync(folder)).toEqual([]);
});

test("a key that is missing, or the same, is named", () => {
  expect(() => keys()).toThrow(/no master key in the data folder/);
  expect(() => keys(undefined, ONE)).toThrow(/no master key in the data folder/);
  expect(() => keys(ONE)).toThrow(/new master key is missing/);
  expect(() => keys(ONE, ONE)).toThrow(/is the old one/);
});
