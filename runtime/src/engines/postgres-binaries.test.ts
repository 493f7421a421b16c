import { mkdir, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { postgresBinaries } from "./postgres-binaries.ts";
import { temporaryFolder } from "./testing/kit.ts";

const ACCOUNT = { uid: 1, gid: 1 };
const LINKS = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];

/** A package as npm leaves it without install scripts and with a umask of 077. */
async function bareInstallation(folder: string): Promise<string> {
  const native = join(folder, "package", "native");
  for (const name of ["bin", "lib"])
    await mkdir(join(native, name), { recursive: true, mode: 0o700 });
  const files = ["bin/initdb", "bin/pg_ctl", "bin/postgres", "lib/libpq.so.5.18"];
  for (const file of files) await writeFile(join(native, file), file, { mode: 0o600 });
  await writeFile(join(native, "pg-symlinks.json"), JSON.stringify(LINKS), { mode: 0o600 });
  await writeFile(join(folder, "package", "package.json"), `{ "version": "18.4.0-beta.17" }`);
  return join(folder, "package");
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("a package as npm left it is made runnable in place", async () => {
  await using folder = await temporaryFolder();
  const installed = await bareInstallation(folder.path);
  const { native, major } = await postgresBinaries(undefined, "/no/such/cache", installed);
  expect({ native, major }).toEqual({ native: join(installed, "native"), major: "18" });
  expect(await modeOf(join(native, "bin", "postgres"))).toBe(0o755);
  expect(await readlink(join(native, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
});

test("an account that cannot reach the package gets a copy it can read, once", async () => {
  await using folder = await temporaryFolder();
  const installed = await bareInstallation(folder.path);
  const cache = join(folder.path, "cache");
  const { native } = await postgresBinaries(ACCOUNT, cache, installed);
  expect(native).toBe(join(cache, "postgres-18.4.0-beta.17"));
  expect(await modeOf(cache)).toBe(0o755);
  expect(await modeOf(join(native, "lib"))).toBe(0o755);
  expect(await modeOf(join(native, "lib", "libpq.so.5"))).toBe(0o644);
  expect(await modeOf(join(native, "bin", "initdb"))).toBe(0o755);

  const { ino } = await stat(native);
  await postgresBinaries(ACCOUNT, cache, installed);
  expect((await stat(native)).ino).toBe(ino);
});

test("a copy that cannot be made is an error that says where to install", async () => {
  await using folder = await temporaryFolder();
  const installed = await bareInstallation(folder.path);
  const file = join(folder.path, "file");
  await writeFile(file, "");
  await expect(postgresBinaries(ACCOUNT, file, installed)).rejects.toMatchObject({
    hint: expect.stringContaining("/opt"),
  });
});
