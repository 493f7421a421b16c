import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SETTINGS } from "@waybill/runtime";
import { expect, test } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../docs/configuration.md"), "utf8");
const cell = (text: string) => text.trim().replace(/^`([^`]*)`$/, "$1");

const documented = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").slice(1, -1))
  .map(([name = "", fallback = "", meaning = ""]) => [cell(name), cell(fallback), meaning.trim()]);

const settings = Object.entries(SETTINGS).map(([name, setting]) => [
  name,
  setting.fallback ?? "",
  setting.meaning,
]);

test("the configuration page lists every variable with its default and meaning", () => {
  expect(documented).toEqual(settings);
});
