import { readFile, readlink, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { GRACE_MS } from "./engine.ts";

/** Characters of a program's name that /proc/PID/comm holds. */
const COMM = 15;

export interface Stray {
  /** A file whose first line is a process id. */
  pidFile: string;
  /** The program's name. */
  command: string;
  /** The real path of the folder the program runs in. */
  cwd: string;
}

/**
 * Ends an engine that outlived both its holder and its watchdog. Process ids are used again, so
 * the one in the file is touched only when it is that program, running in that folder. A file
 * that names a living stranger is removed: Postgres would take the stranger for itself (usual
 * after a container was restarted).
 */
export async function endStrayProcess(stray: Stray): Promise<"none" | "ended"> {
  const pid = Number.parseInt(await readFile(stray.pidFile, "utf8").catch(() => ""), 10);
  if (!(pid > 0)) return "none";
  if (!(await isStray(pid, stray))) {
    if (await isAlive(pid)) await rm(stray.pidFile, { force: true });
    return "none";
  }
  process.kill(pid, "SIGINT");
  if (!(await hasGone(pid, stray, GRACE_MS))) process.kill(pid, "SIGKILL");
  await hasGone(pid, stray, GRACE_MS);
  return "ended";
}

async function isStray(pid: number, { command, cwd }: Stray): Promise<boolean> {
  const comm = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
  return comm.trim() === command.slice(0, COMM) && folder === cwd;
}

async function isAlive(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")) !== "";
}

/** A zombie nobody reaps has no folder any more, and counts as gone. */
async function hasGone(pid: number, stray: Stray, withinMs: number): Promise<boolean> {
  for (let waited = 0; waited < withinMs; waited += 20) {
    if (!(await isStray(pid, stray))) return true;
    await sleep(20);
  }
  return false;
}
