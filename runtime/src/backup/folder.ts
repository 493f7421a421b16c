import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { hasCode } from "../engines/files.ts";
import { StartError } from "../start-error.ts";
import { holdDraft, takeLeftover, type Unlock, unmark } from "./leftover.ts";
import type { Part } from "./manifest.ts";

/** Octets of a file that are in memory at once. */
const CHUNK = 256 * 1024;

/** A folder that is there, whole, once it is finished; until then it has another name. */
export type Draft = {
  write(file: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Part>;
  finish(): Promise<void>;
  /** Removes what was written. */
  abandon(): Promise<void>;
};

/**
 * Begins a folder of mode 0700, in the place of an unfinished one whose process was killed.
 * @throws StartError when it is there, or is being made
 */
export async function beginFolder(path: string): Promise<Draft> {
  const target = resolve(path);
  const draft = `${target}.unfinished`;
  await requireNone(target);
  await mkdir(dirname(target), { recursive: true }).catch(notWritable(target));
  const unlock = await beginDraft(draft).catch(notWritable(target));
  return {
    write: (file, chunks) => writePart(join(draft, file), chunks),
    finish: async () => {
      await unmark(draft);
      await syncFolder(draft);
      await rename(draft, target).catch(notWritable(target));
      await syncFolder(dirname(target));
      await unlock();
    },
    abandon: async () => {
      await rm(draft, { recursive: true, force: true });
      await unlock();
    },
  };
}

async function beginDraft(draft: string): Promise<Unlock> {
  try {
    await mkdir(draft, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    const unlock = await takeLeftover(draft);
    await chmod(draft, 0o700);
    return unlock;
  }
  return holdDraft(draft);
}

/** An empty folder gives way. */
async function requireNone(target: string): Promise<void> {
  await rmdir(target).catch((cause: unknown) => {
    if (hasCode(cause, "ENOENT")) return;
    const hint = "give a folder that is not there yet";
    throw new StartError(`the folder ${target} is there already`, hint, { cause });
  });
}

const notWritable =
  (target: string) =>
  (cause: unknown): never => {
    if (cause instanceof StartError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`the folder ${target} cannot be made: ${why}`, "give one you may write", {
      cause,
    });
  };

async function writePart(path: string, chunks: Parameters<Draft["write"]>[1]): Promise<Part> {
  const hash = createHash("sha256");
  let bytes = 0;
  await using file = await open(path, "wx", 0o600);
  for await (const chunk of chunks) {
    await file.writeFile(chunk);
    hash.update(chunk);
    bytes += chunk.length;
  }
  await file.sync();
  return { file: basename(path), bytes, sha256: hash.digest("hex") };
}

/** The bytes of a file, in chunks. */
export const readPart = (folder: string, { file }: Pick<Part, "file">): AsyncIterable<Uint8Array> =>
  createReadStream(join(folder, basename(file)), { highWaterMark: CHUNK });

/** Whether a file is there and is what was written. */
export async function isIntact(folder: string, part: Part): Promise<boolean> {
  const hash = createHash("sha256");
  let found = 0;
  try {
    for await (const chunk of readPart(folder, part)) {
      hash.update(chunk);
      found += chunk.length;
    }
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
  return found === part.bytes && hash.digest("hex") === part.sha256;
}

/** Makes the names in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Makes a folder survive a power cut, with all that is in it. */
export async function syncAll(path: string): Promise<void> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries) await syncFolder(join(entry.parentPath, entry.name));
  await syncFolder(path);
}
