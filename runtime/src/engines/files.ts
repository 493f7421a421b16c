import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Writes a file of mode 0600 that is there whole or not at all, also after a power cut. */
export async function writePrivate(path: string, text: string): Promise<void> {
  {
    await using file = await open(`${path}.new`, "w", 0o600);
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(`${path}.new`, path);
}

/** The password kept in a file of mode 0600; 192 random bits, made on first use. */
export async function keptPassword(path: string): Promise<string> {
  const kept = await readIfThere(path);
  if (kept) return kept;
  const password = randomBytes(24).toString("base64url");
  await writePrivate(path, password);
  return password;
}

/** The text of a file, or undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whether it is a system error of that code, see errno(3). */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Where an npm package is installed, whatever its `exports` let through. */
export function packageFolder(name: string): string | undefined {
  const roots = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return roots.map((root) => join(root, name)).find((folder) => existsSync(folder));
}
