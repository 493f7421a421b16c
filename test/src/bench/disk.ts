import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const SECOND = 1000;
const BLOCK = Buffer.alloc(4096, "x");

/** Appends of 4 KiB, each followed by fdatasync, that the disk of a folder does in a second. */
export function syncsPerSecond(folder: string): number {
  const path = join(folder, "disk-probe");
  const file = openSync(path, "w");
  const begun = performance.now();
  let syncs = 0;
  for (; performance.now() - begun < SECOND; syncs += 1) {
    writeSync(file, BLOCK);
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(path);
  return Math.round((syncs * SECOND) / (performance.now() - begun));
}

/** The file system of a folder as `type on device`; Linux only, else `unknown`. */
export function fileSystemOf(folder: string): string {
  const mounts = readMounts().filter(({ point }) => `${folder}/`.startsWith(point));
  const mount = mounts.toSorted((a, b) => a.point.length - b.point.length).at(-1);
  return mount === undefined ? "unknown" : `${mount.type} on ${mount.device}`;
}

function readMounts(): { device: string; point: string; type: string }[] {
  try {
    const lines = readFileSync("/proc/self/mounts", "utf8").trim().split("\n");
    return lines.map((line) => {
      const [device = "", point = "", type = ""] = line.split(" ");
      return { device, point: point.replace(/\/?$/, "/"), type };
    });
  } catch {
    return [];
  }
}
