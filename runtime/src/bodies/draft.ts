import { createHash, type Hash } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { passedThrough } from "../collect.ts";
import { CHUNK, inChunks } from "./chunks.ts";
import { BodyNotKept, BodyUnavailable } from "./store.ts";

/** A body on its way, in a file of ours alone: measured, hashed, and readable again from its first octet. */
export type Draft = {
  file: FileHandle;
  path: string;
  /** Octets that are in the file. */
  size: number;
  hash: Hash;
};

/**
 * Writes what a source yields to a new file. A disk that is full in the middle loses nothing: what is
 * in the file is read back from it. @throws BodyNotKept, or what the source throws; the file is gone then
 */
export async function fillDraft(path: string, source: AsyncIterable<Uint8Array>): Promise<Draft> {
  const chunks = inChunks(source);
  const file = await open(path, "wx+", 0o600).catch((error: unknown) => {
    throw new BodyNotKept(error, chunks);
  });
  const draft: Draft = { file, path, size: 0, hash: createHash("sha256") };
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
      await add(draft, next.value, chunks);
  } catch (error) {
    if (!(error instanceof BodyNotKept)) await dropDraft(draft);
    throw error;
  }
  return draft;
}

async function add(draft: Draft, chunk: Buffer, rest: AsyncGenerator<Buffer>): Promise<void> {
  try {
    await writeAll(draft, chunk);
  } catch (error) {
    throw await notKept(draft, error, after(chunk, rest));
  }
  draft.hash.update(chunk);
  draft.size += chunk.length;
  if (chunk.length === CHUNK) passedThrough(CHUNK);
}

async function writeAll({ file, size }: Draft, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length;)
    at += (await file.write(chunk, at, chunk.length - at, size + at)).bytesWritten;
}

async function* after(chunk: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield chunk;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** The error that hands a draft on, together with what was not written to it. Nothing is left in the folder. */
export async function notKept(
  draft: Draft,
  cause: unknown,
  rest?: AsyncGenerator<Buffer>,
): Promise<BodyNotKept> {
  // An open file is there until it is closed, whatever its folder says.
  await rm(draft.path, { force: true }).catch(() => undefined);
  return new BodyNotKept(cause, again(draft, rest));
}

/** What a disk that failed gives back is compared with what it was given. */
async function* again(draft: Draft, rest?: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of written(draft)) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest("hex") !== draft.hash.copy().digest("hex"))
      throw new BodyUnavailable("what was written to the disk is not what is read from it");
    if (rest !== undefined) yield* rest;
  } finally {
    await rest?.return(undefined);
    await draft.file.close();
  }
}

/** Fills one buffer again and again. */
async function* written({ file, size }: Draft): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size));
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Removes a draft that nobody needs any more. */
export async function dropDraft({ file, path }: Draft): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
  await file.close();
}
