import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { StartError } from "../start-error.ts";
import { lockDataFolder } from "./lock.ts";
import { temporaryFolder } from "./testing/kit.ts";

test("a second holder is refused, whatever path it takes", async () => {
  await using folder = await temporaryFolder();
  await using other = await temporaryFolder();
  const alias = join(other.path, "alias");
  await symlink(folder.path, alias);

  const unlock = await lockDataFolder(folder.path);
  const refused: unknown = await lockDataFolder(alias).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StartError);
  expect(refused).toMatchObject({ message: expect.stringContaining("in use"), hint: /stop/ });
  await unlock();
});

test("another folder can be held beside it, and the same one again afterwards", async () => {
  await using folder = await temporaryFolder();
  await using other = await temporaryFolder();
  const unlock = await lockDataFolder(folder.path);
  const unlockOther = await lockDataFolder(other.path);
  await unlock();
  const again = await lockDataFolder(folder.path);
  await expect(lockDataFolder(other.path)).rejects.toThrow(StartError);
  await Promise.all([again(), unlockOther()]);
});
