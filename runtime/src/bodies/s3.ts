import { join } from "node:path";
import { Readable } from "node:stream";
import { passedThrough } from "../collect.ts";
import { withinTime } from "../within-time.ts";
import { CHUNK } from "./chunks.ts";
import { draftPath } from "./drafts.ts";
import { dropDraft, fillDraft, notKept, type Draft } from "./draft.ts";
import { Folders } from "./folders.ts";
import { bodyName } from "./place.ts";
import type { Bucket } from "./s3-bucket.ts";
import type { Octets } from "./s3-put.ts";
import { BodyDamaged, BodyNotKept, BodyUnavailable, type BodyKeeper } from "./store.ts";

/** Milliseconds to wait for the next piece of an object. */
const PATIENCE = 10_000;

/** Codes of S3 that say that an object is not there, while its bucket is. */
const GONE = ["NoSuchKey", "NotFound"];

type Options = {
  open: () => Promise<Bucket>;
  /** Name and prefix of the bucket that is written to. */
  bucket: string;
  prefix: string;
  /** Folder of the bodies that are still coming. */
  drafts: string;
};

/**
 * Bodies in a bucket. Each is written to a local file first: size and hash are known before the put,
 * its memory is flat, and when S3 does not take it nothing of it is lost.
 */
export function makeS3Bodies({ open, bucket, prefix, drafts }: Options): BodyKeeper<"s3"> {
  const folders = new Folders(join(drafts, ".."));
  return {
    store: "s3",
    async write(owner, source) {
      const key = `${prefix}${bodyName(owner)}`;
      await folders.ensure(drafts).catch((error: unknown) => {
        throw new BodyNotKept(error, source);
      });
      const draft = await fillDraft(draftPath(drafts, owner), source);
      const { size } = draft;
      const sha256 = draft.hash.copy().digest("hex");
      try {
        await (await open()).put({ key, size, sha256, octets: octetsOf(draft) });
      } catch (error) {
        throw await notKept(draft, error);
      }
      await dropDraft(draft);
      return { store: "s3", bucket, key, size, sha256 };
    },
    read: (tenant, ref) => objectOf(open, tenant, ref),
  };
}

/** Octets read at once. */
const PIECE = 64 * 1024;

/** Octets of a draft, each piece in the buffer that is given for it. */
async function* piecesOf(
  { file }: Draft,
  [from, to]: [number, number],
  bufferOf: () => Buffer,
): AsyncGenerator<Buffer> {
  for (let at = from; at < to;) {
    const { bytesRead, buffer } = await file.read(bufferOf(), 0, Math.min(PIECE, to - at), at);
    if (bytesRead === 0) throw new Error("the draft is shorter than what was written to it");
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Each piece in a buffer of its own: the socket may hold on to it. */
function streamOf(draft: Draft, from: number, to: number): Readable {
  const isLarge = to - from > CHUNK;
  const bufferOf = () => {
    if (isLarge) passedThrough(PIECE);
    return Buffer.allocUnsafeSlow(Math.min(PIECE, to - from));
  };
  return Readable.from(piecesOf(draft, [from, to], bufferOf), {
    objectMode: false,
    highWaterMark: PIECE,
  });
}

const octetsOf = (draft: Draft): Octets => ({
  stream: (from, to) => streamOf(draft, from, to),
  pieces: (from, to) => {
    const buffer = Buffer.allocUnsafe(PIECE);
    return piecesOf(draft, [from, to], () => buffer);
  },
});

/** However it ends, its connection is not left waiting for somebody who has gone. */
async function* piecesFrom(object: Readable): AsyncGenerator<Buffer> {
  try {
    yield* withinTime(object as AsyncIterable<Buffer>, PATIENCE);
  } finally {
    object.destroy();
  }
}

async function* objectOf(
  open: () => Promise<Bucket>,
  tenant: string,
  { bucket, key }: { bucket: string; key: string },
): AsyncGenerator<Uint8Array> {
  if (!key.endsWith(`.${tenant}`)) throw new BodyDamaged("the object is not this tenant's");
  try {
    yield* piecesFrom(await (await open()).get(bucket, key));
  } catch (error) {
    const { code } = error as { code?: string };
    throw GONE.includes(code ?? "")
      ? new BodyDamaged("the object of the body is not in the bucket any more")
      : new BodyUnavailable("the bucket of bodies cannot be read", error);
  }
}
