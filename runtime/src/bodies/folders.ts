import { access, mkdir, open, readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "../engines/files.ts";

/** Makes what was renamed into a folder, or made in it, outlive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function make(path: string, root: string): Promise<void> {
  if (path === root) return;
  await make(dirname(path), root);
  await mkdir(path, { mode: 0o700 }).catch(unlessThere);
  await syncFolder(dirname(path));
}

const unlessThere = (error: unknown): void => {
  if (!hasCode(error, "EEXIST")) throw error;
};

/** Folders to remember at most: those of a day, several times over. */
const MOST = 8192;

/** Folders under a root, each made and synced once by this process, whoever else made it before. */
export class Folders {
  readonly #root: string;
  readonly #ready: () => Promise<unknown>;
  readonly #made = new Map<string, Promise<void>>();

  /** @param ready sees to it that the root is there, and the right one; asked before a folder is made */
  constructor(
    root: string,
    ready: () => Promise<unknown> = () => mkdir(root, { recursive: true, mode: 0o700 }),
  ) {
    this.#root = root;
    this.#ready = ready;
  }

  /** Resolves when the folder is there to stay. */
  ensure(path: string): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    if (this.#made.size >= MOST) this.#made.clear();
    const making = this.#ready().then(() => make(path, this.#root));
    this.#made.set(path, making);
    making.catch(() => this.#made.delete(path));
    return making;
  }

  /** Forgets what it knew, because something is not as it was. */
  forget(): void {
    this.#made.clear();
  }
}

/** Whether there is something at a path. */
export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The names in a folder, in order; none when there is no such folder. */
export async function namesIn(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.toSorted((one, other) => (one < other ? -1 : 1));
}
