import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { namesIn } from "./folders.ts";
import { bodyName } from "./place.ts";
import type { BodyOwner } from "./store.ts";

const MACHINE = createHash("sha256").update(hostname()).digest("hex").slice(0, 16);

/** The path of a body that is still coming: it says which process of which machine writes it. */
export const draftPath = (folder: string, owner: BodyOwner): string =>
  join(folder, `${bodyName(owner)}.${MACHINE}-${process.pid}`);

/** Whether the process that wrote it is surely gone. One with our own id was there before us. */
function isLeft(name: string, before: boolean): boolean {
  const [machine, pid] = (name.split(".").at(-1) ?? "").split("-");
  if (machine !== MACHINE) return false;
  if (Number(pid) === process.pid) return before;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

export type Collecting = {
  /** Milliseconds after which nobody writes to a draft any more. */
  age: number;
  /** This process has not written any yet. */
  atStart: boolean;
  now: number;
};

/** Removes the drafts whose process died, and those nobody has written to for so long; gives how many. */
export async function collectDrafts(folder: string, how: Collecting): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const old = async () => ((await stat(path)).mtimeMs ?? 0) < how.now - how.age;
    if (!isLeft(name, how.atStart) && !(await old().catch(() => false))) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
