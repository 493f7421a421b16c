import { access, mkdir, open, readdir } from "node:fs/promises";
import { dirname } from "node:path";

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
  await mkdir(path, { recursive: true, mode: 0o700 });
  for (let made = path; made !== root; made = dirname(made)) await syncFolder(dirname(made));
}

/** Folders to remember at most: those of a day, several times over. */
const MOST = 8192;

/** Folders under a root, each made and synced once by this process, whoever else made it before. */
export class Folders {
  readonly #root: string;
  readonly #made = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Resolves when the folder is there to stay. */
  ensure(path: string): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    if (this.#made.size >= MOST) this.#made.clear();
    const making = make(path, this.#root);
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
