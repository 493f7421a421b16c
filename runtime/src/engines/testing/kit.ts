import { connect } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import type { QueryResult } from "pg";

import type { Account } from "../account.ts";
import type { EngineLog } from "../engine.ts";

/** The nats-server of the tests, where its npm package does not exist. */
export const NATS_SERVER_BIN = process.env["NATS_SERVER_BIN"];

const nothing = () => {};
export const QUIET: EngineLog = { info: nothing, warn: nothing, error: nothing };

/** A new folder of mode 0700, and what removes it. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "waybill-engines-"));
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 5 });
  return { path, [Symbol.asyncDispose]: remove };
}

/** A zombie counts as dead: reaping it is not ours to do. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) Z /.test(stat);
}

/** Resolves once the condition holds; the test's own limit ends it when it never does. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

/** The first line of a file as a number. */
export async function pidIn(path: string): Promise<number> {
  return Number.parseInt(await readFile(path, "utf8"), 10);
}

export interface Holder extends AsyncDisposable {
  child: ChildProcess;
  /** The line of JSON it printed: the two addresses, or an error's message and hint. */
  printed: Record<string, string>;
  /** Ends it as the kernel does when memory runs out. */
  killHard(): Promise<void>;
}

/** Runs `holder.ts`, as ourselves or as somebody else. */
export async function startHolder(dataFolder: string, account?: Account): Promise<Holder> {
  const program = fileURLToPath(new URL("./holder.ts", import.meta.url));
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, [program, dataFolder], { ...account, stdio: [...stdio] });
  const exited = once(child, "exit");
  const [line] = await once(createInterface({ input: child.stdout ?? process.stdin }), "line");
  const killHard = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return { child, printed: JSON.parse(String(line)), killHard, [Symbol.asyncDispose]: killHard };
}

export async function query(connectionString: string, sql: string): Promise<QueryResult> {
  const client = new Client({ connectionString });
  client.on("error", nothing);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Publishes one message to the stream TEST, made when it is not there; resolves when stored. */
export async function publish(url: string): Promise<void> {
  await using connection = await dial(url);
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "TEST", subjects: ["test"] });
  await manager.jetstream().publish("test", "kept");
}

/** How many messages the stream TEST holds. */
export async function stored(url: string): Promise<number> {
  await using connection = await dial(url);
  const manager = await jetstreamManager(connection);
  return (await manager.streams.info("TEST")).state.messages;
}

/** The client does not take user and password from an address. */
async function dial(url: string) {
  const { host, username: user, password: pass } = new URL(url);
  const connection = await connect({ servers: host, user, pass });
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}
