import { chmod, cp, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { StartError } from "../start-error.ts";

/** Whether every account may enter the folder: it and all above it have the run bit for others. */
export async function isTraversable(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || isTraversable(parent);
}

/**
 * Copies a folder, unless that was done before, to where every account may read it, and returns
 * the copy. What is at `target` is always whole. Throws StartError when that cannot be done.
 */
export async function copyForAll(source: string, target: string): Promise<string> {
  if (await stat(target).catch(() => false)) return target;
  const temporary = `${target}.${process.pid}`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await chmod(dirname(target), 0o755);
    await cp(source, temporary, { recursive: true, verbatimSymlinks: true });
    await openToAll(temporary);
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    const message = `not everybody may read ${source}, and there can be no copy at ${target}`;
    throw new StartError(message, "install Waybill where all may read it, like /opt", { cause });
  }
  return target;
}

/** A strict umask at installation has left its mark on the modes. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    if (entry.isFile()) await chmod(path, 0o644);
  }
}
