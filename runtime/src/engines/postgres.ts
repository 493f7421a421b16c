import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";

import { postgresAccount } from "./account.ts";
import type { Account } from "./account.ts";
import type { Engine, EngineLog } from "./engine.ts";
import { StartError } from "../start-error.ts";
import { keptPassword, readIfThere } from "./files.ts";
import { openLogFile } from "./log-file.ts";
import { freePort } from "./ports.ts";
import { postgresBinaries } from "./postgres-binaries.ts";
import { ensureCluster, HERE } from "./postgres-cluster.ts";
import { endStrayProcess } from "./stray.ts";
import { supervise } from "./supervisor.ts";
import type { Supervisor } from "./supervisor.ts";
import { spawnGuarded } from "./watchdog.ts";

const USER = "waybill";
const DATABASE = "waybill";

export interface PostgresOptions {
  /** Everything it keeps, as a real path; made when it is not there. */
  folder: string;
  log: EngineLog;
}

/** PostgreSQL 18 on a loopback port with the database `waybill`. Throws StartError. */
export async function startPostgres({ folder, log }: PostgresOptions): Promise<Engine> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const account = await postgresAccount(join(folder, "pgdata"));
  const binaries = await postgresBinaries(account);
  const passwordFile = join(folder, "password");
  const password = await keptPassword(passwordFile);

  const logPath = join(folder, "postgres.log");
  const cluster = { folder, user: USER, passwordFile, account, logPath };
  const pgdata = await ensureCluster(cluster, binaries);
  const port = await freePort();
  const command = join(binaries.native, "bin", "postgres");
  const supervisor = await run({ command, pgdata, port, account, logPath, log });

  const server = `postgres://${USER}:${password}@127.0.0.1:${port}`;
  await ensureDatabase(`${server}/postgres`).catch(async (cause: Error) => {
    await supervisor.stop();
    const message = `Postgres does not let us in: ${cause.message}`;
    throw new StartError(message, `see ${logPath}; the password is in ${passwordFile}`, { cause });
  });
  return Object.assign(supervisor, { url: `${server}/${DATABASE}` });
}

interface Run {
  command: string;
  pgdata: string;
  port: number;
  account: Account | undefined;
  logPath: string;
  log: EngineLog;
}

async function run({ command, pgdata, port, account, logPath, log }: Run): Promise<Supervisor> {
  const pidFile = join(pgdata, "postmaster.pid");
  const ended = await endStrayProcess({ pidFile, command: "postgres", cwd: pgdata });
  if (ended === "ended") log.warn({ engine: "postgres" }, "ended a stray");

  const where = ["-D", HERE, "-p", String(port)];
  const sockets = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="];
  const args = [...where, ...sockets];
  const output = openLogFile(logPath);
  const spawn = () => spawnGuarded({ command, args, cwd: pgdata, account, output: output.fd });
  const isReady = (pid: number) => isPostmasterReady(pidFile, pid);
  return supervise({ name: "postgres", spawn, isReady, output, log });
}

/** As pg_ctl sees it: the first line is the process id, the eighth the state. */
async function isPostmasterReady(pidFile: string, pid: number): Promise<boolean> {
  const lines = (await readIfThere(pidFile))?.split("\n") ?? [];
  return lines[0] === String(pid) && lines[7]?.trim() === "ready";
}

async function ensureDatabase(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const known = await client.query("SELECT FROM pg_database WHERE datname = $1", [DATABASE]);
    if (known.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
