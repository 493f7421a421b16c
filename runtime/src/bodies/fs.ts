import { createReadStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fillDraft, notKept, type Draft } from "./draft.ts";
import { draftPath } from "./drafts.ts";
import { Folders, isThere, syncFolder } from "./folders.ts";
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

/** The folder of bodies that are still coming, within the store's. */
export const draftsOf = (root: string): string => join(root, "drafts");

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
export function makeFileBodies(root: string): BodyKeeper<"fs"> {
  const folders = new Folders(root);
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
    read: (tenant, { id: messageId }) => piecesOf(root, pathOf(root, { tenant, messageId })),
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

async function* piecesOf(root: string, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw await meaningOf(error, root);
  }
}

/** A file that is missing is gone; a store that is missing may come back. */
async function meaningOf(error: unknown, root: string): Promise<unknown> {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return code === "ENOENT" && (await isThere(draftsOf(root)))
    ? new BodyDamaged("the file of the body is not in the store any more")
    : new BodyUnavailable("the folder of bodies cannot be read", error);
}

/** Removes the files of bodies, for good; those that are gone already stay so. @throws BodyUnavailable when the folder of bodies is away */
export async function removeFiles(root: string, owners: readonly BodyOwner[]): Promise<void> {
  const paths = new Set(owners.map((one) => pathOf(root, one)));
  for (const path of paths) await rm(path, { force: true }).catch(unlessGone(root));
  for (const folder of new Set([...paths].map(dirname)))
    await syncFolder(folder).catch(unlessGone(root));
}

const unlessGone = (root: string) => async (error: unknown) => {
  const meaning = await meaningOf(error, root);
  if (!(meaning instanceof BodyDamaged)) throw meaning;
};
