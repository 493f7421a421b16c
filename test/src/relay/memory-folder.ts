import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";

/** Octets a relay's data may take. */
const ROOM = 2 * 1024 ** 3;

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > ROOM;
  } catch {
    return false;
  }
}

/** A new folder in memory where there is room, for data whose syncs would only cost time. */
export const memoryFolder = (): string =>
  mkdtempSync(join(hasRoom(MEMORY) ? MEMORY : tmpdir(), "waybill-test-"));
