import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { keptPassword, readIfThere, writePrivate } from "./files.ts";
import { temporaryFolder } from "./testing/kit.ts";

test("a private file is readable by its owner only, even over a public one", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "secret");
  await writeFile(path, "public", { mode: 0o644 });
  await writePrivate(path, "private");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, "utf8")).toBe("private");
});

test("a password is made once and differs between folders", async () => {
  await using folder = await temporaryFolder();
  const first = await keptPassword(join(folder.path, "a"));
  expect(await keptPassword(join(folder.path, "a"))).toBe(first);
  expect(await keptPassword(join(folder.path, "b"))).not.toBe(first);
  expect(first.length).toBeGreaterThanOrEqual(32);
});

test("only a missing file reads as undefined", async () => {
  await using folder = await temporaryFolder();
  expect(await readIfThere(join(folder.path, "none"))).toBeUndefined();
  await expect(readIfThere(folder.path)).rejects.toThrow("EISDIR");
});
