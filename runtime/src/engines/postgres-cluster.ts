import { chown, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Account } from "./account.ts";
import { StartError } from "../start-error.ts";
import { readIfThere } from "./files.ts";
import { lastError, openLogFile } from "./log-file.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { spawnGuarded } from "./watchdog.ts";

/**
 * The data folder as its own process sees it. Neither account needs a way down to it: Node enters
 * the folder before it gives up root, and this name leads there from then on. So the folders above
 * can stay closed to everybody else.
 */
export const HERE = "/proc/self/cwd";

const LOCALE = [
  "-E",
  "UTF8",
  "--no-locale",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
];

/** Written to postgresql.conf, where the operator may change them. */
const SETTINGS = {
  max_connections: "100",
  shared_buffers: "128MB",
  synchronous_commit: "on",
  wal_compression: "on",
  log_checkpoints: "off",
};

export interface Cluster {
  /** The folder that holds the cluster, `pgdata`. */
  folder: string;
  user: string;
  /** The file with the password, mode 0600. */
  passwordFile: string;
  account: Account | undefined;
  /** Where what initdb prints goes. */
  logPath: string;
}

/**
 * Makes the database cluster unless it is there, and returns its folder. It is made under another
 * name and then renamed, so that what a crash left half-made is thrown away.
 * Throws StartError when it was made by another major version, or cannot be made.
 */
export async function ensureCluster(
  cluster: Cluster,
  { native, major }: PostgresBinaries,
): Promise<string> {
  const pgdata = join(cluster.folder, "pgdata");
  const version = await readIfThere(join(pgdata, "PG_VERSION"));
  if (version === undefined) await makeCluster(cluster, join(native, "bin", "initdb"), pgdata);
  else if (version.trim() !== major) throw versionError(pgdata, version.trim(), major);
  return pgdata;
}

async function makeCluster(cluster: Cluster, initdb: string, pgdata: string): Promise<void> {
  const temporary = `${pgdata}.new`;
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(temporary, { mode: 0o700 });
  const { account, passwordFile } = cluster;
  if (account) await chown(temporary, account.uid, account.gid);
  if (account) await chown(passwordFile, account.uid, account.gid);
  await runInitdb(cluster, initdb, temporary);
  await rename(temporary, pgdata);
  await sync(cluster.folder);
}

async function runInitdb(cluster: Cluster, command: string, cwd: string): Promise<void> {
  const { user, account } = cluster;
  using output = openLogFile(cluster.logPath);
  await using password = await open(cluster.passwordFile);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const auth = ["-U", user, "-A", "scram-sha-256", "--pwfile=/proc/self/fd/0"];
  const args = ["-D", HERE, ...auth, ...LOCALE, "--no-instructions", ...settings];
  const files = { input: password.fd, output: output.fd };
  const exit = await spawnGuarded({ command, args, cwd, account, ...files }).exited;
  if (exit === "exit code 0") return;
  const message = `initdb failed (${exit}): ${await lastError(output)}`;
  throw new StartError(message, `see ${output.path}`);
}

/** A rename survives a power cut once its folder is synced, see fsync(2). */
async function sync(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}

function versionError(pgdata: string, found: string, expected: string): StartError {
  const message = `${pgdata} was made by PostgreSQL ${found}, this is ${expected}`;
  const hint = "move that folder away (views are built again from the log), or set DATABASE_URL";
  return new StartError(message, hint);
}
