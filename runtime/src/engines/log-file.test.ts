import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { lastError, openLogFile } from "./log-file.ts";
import { temporaryFolder } from "./testing/kit.ts";

test("a log past its cap starts again and keeps one generation", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "log");
  await writeFile(path, "");
  await truncate(path, 11 * 1024 * 1024);
  openLogFile(path)[Symbol.dispose]();
  expect((await stat(path)).size).toBe(0);
  expect((await stat(`${path}.1`)).size).toBe(11 * 1024 * 1024);
});

test("the last error is one of this run", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "log");
  await writeFile(path, "FATAL: yesterday\n");
  using log = openLogFile(path);
  await writeFile(path, "LOG: starting\n", { flag: "a" });
  expect(await lastError(log)).toBe("LOG: starting");
  await writeFile(path, "FATAL: today\nLOG: stopped\n", { flag: "a" });
  expect(await lastError(log)).toBe("FATAL: today");
  expect(await readFile(path, "utf8")).toContain("yesterday");
});
