import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process; its id together with the moment it was started (ticks since boot) is never used again. */
export type Process = { pid: number; parent: number; started: number; command: string };

/** The fields of /proc/PID/stat behind the name, see proc(5): the first is its third. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readProcess(pid: number): Process | undefined {
  try {
    const fields = statOf(pid);
    if (fields[0] === "Z") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(fields[1]), started: Number(fields[19]), command };
  } catch {
    return undefined;
  }
}

/** Every process of this machine that is alive. */
export const allProcesses = (): Process[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((one) => one !== undefined);

/** A process and all that come from it. */
export function processTree(root: number): Process[] {
  const all = allProcesses();
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

function worksIn(folder: string, pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/** Every process whose working directory lies within a folder, whoever its parent is. */
export const processesWithin = (folder: string): Process[] =>
  allProcesses().filter(({ pid }) => worksIn(folder, pid));

/** What is still alive of a set of processes. */
export function survivors(of: readonly Process[]): Process[] {
  const alive = new Map(allProcesses().map(({ pid, started }) => [pid, started]));
  return of.filter(({ pid, started }) => alive.get(pid) === started);
}

/** Resident memory of a process, octets; 0 when it is gone. */
export function residentMemory(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processor time of a process so far, seconds; 0 when it is gone. */
export function processorTime(pid: number): number {
  try {
    const fields = statOf(pid);
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
