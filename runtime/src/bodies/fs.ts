import { createReadStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fillDraft, notKept, type Draft } from "./draft.ts";
import { draftPath } from "./drafts.ts";
import { Folders, isThere, syncFolder } from "./folders.ts";
import { draftsOf, type KnownFolder } from "./known-folder.ts";
import { bodyName } from "./place.ts";
import {
  BodyDamaged,
  BodyNotKept,
  type BodyOwner,
  BodyUnavailable,
  type BodyKeeper,
} from "./store.ts";

/** Octets read at once. */
const PIECE = 64 * 1024;

/**
 * Where the file of a body is. The first digits of the id make a folder of nine hours, the last two
 * spread its files over 1024.
 */
export function pathOf(root: string, owner: BodyOwner): string {
  const name = bodyName(owner);
  return join(root, owner.messageId.slice(0, 5), owner.messageId.slice(-2), name);
}

/**
 * Bodies as files: written aside, synced, renamed, and the folder synced, so that a file under its
 * name is whole and stays. A crash leaves drafts, and nothing else.
 */
export function makeFileBodies(folder: KnownFolder): BodyKeeper<"fs"> {
  const { root } = folder;
  const folders = new Folders(root, folder.claim);
  const forgetting = (error: unknown): never => {
    folders.forget();
    throw error;
  };
  return {
    store: "fs",
    async write(owner, source) {
      const path = pathOf(root, owner);
      await folders.ensure(draftsOf(root)).catch((error: unknown) => {
        throw new BodyNotKept(error, source);
      });
      const draft = await fillDraft(draftPath(draftsOf(root), owner), source).catch(forgetting);
      await settle(draft, path, folders);
      const { size, hash } = draft;
      return { store: "fs", id: owner.messageId, size, sha256: hash.digest("hex") };
    },
    read: (tenant, { id: messageId }) => piecesOf(folder, { tenant, messageId }),
  };
}

/** Gives a draft its name, for good. */
async function settle(draft: Draft, path: string, folders: Folders): Promise<void> {
  try {
    await draft.file.sync();
    await folders.ensure(dirname(path));
    await rename(draft.path, path);
    await syncFolder(dirname(path));
  } catch (error) {
    folders.forget();
    await rm(path, { force: true }).catch(() => undefined);
    throw await notKept(draft, error);
  }
  await draft.file.close();
}

async function* piecesOf(folder: KnownFolder, owner: BodyOwner): AsyncGenerator<Uint8Array> {
  const path = pathOf(folder.root, owner);
  try {
    yield* createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw await meaningOf(error, folder, path);
  }
}

/** A file that is missing where it was is gone; a store that is missing, or has another one in its place, may come back. */
async function meaningOf(error: unknown, folder: KnownFolder, path: string): Promise<unknown> {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code !== "ENOENT") return new BodyUnavailable("the folder of bodies cannot be read", error);
  if (!(await isThere(dirname(path))) && !(await folder.isOurs()))
    return new BodyUnavailable("the folder of bodies is not the one that they were kept in", error);
  return (await isThere(path))
    ? new BodyUnavailable("the folder of bodies was away a moment ago", error)
    : new BodyDamaged("the file of the body is not in the store any more");
}

/** Removes the files of bodies, for good; those that are gone already stay so. @throws BodyUnavailable when the folder of bodies is away */
export async function removeFiles(
  folder: KnownFolder,
  owners: readonly BodyOwner[],
): Promise<void> {
  const paths = new Set(owners.map((one) => pathOf(folder.root, one)));
  for (const path of paths) await rm(path, { force: true }).catch(unlessGone(folder, path));
  for (const path of new Set([...paths].map(dirname)))
    await syncFolder(path).catch(unlessGone(folder, path));
}

const unlessGone = (folder: KnownFolder, path: string) => async (error: unknown) => {
  const meaning = await meaningOf(error, folder, path);
  if (!(meaning instanceof BodyDamaged)) throw meaning;
};
