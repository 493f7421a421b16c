import { createHash } from "node:crypto";
import type { BodyRef } from "@waybill/schemas";
import { passedThrough } from "../collect.ts";
import { BodyDamaged } from "./store.ts";

/** Octets of a chunk: below the default payload limit of a NATS server (1 MiB). */
export const CHUNK = 256 * 1024;

/** Octets of a body that is small, and of the buffer of one that may turn out so. */
export const SMALL = 16 * 1024;

/** Fills one buffer again and again: what is yielded holds only until the next chunk is asked for. */
export async function* inChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let buffer: Buffer = Buffer.alloc(0);
  let held = 0;
  for await (const part of source) {
    for (let from = 0; from < part.length;) {
      if (held === buffer.length) buffer = grown(buffer, held + part.length - from);
      const taken = part.subarray(from, from + buffer.length - held);
      buffer.set(taken, held);
      held += taken.length;
      from += taken.length;
      if (held === CHUNK) {
        yield buffer;
        held = 0;
      }
    }
  }
  if (held > 0) yield buffer.subarray(0, held);
}

/** A buffer with room for more, at most a chunk: small messages do not pay for large ones. */
function grown(buffer: Buffer, wanted: number): Buffer {
  const larger = Buffer.allocUnsafe(wanted <= SMALL ? SMALL : CHUNK);
  buffer.copy(larger);
  return larger;
}

/** The same, but for an error before the last of them when they are not what the reference promises. */
export async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  ref: BodyRef,
): AsyncGenerator<Uint8Array> {
  if (ref.sha256 === "") throw new BodyDamaged("the body was erased");
  const hash = createHash("sha256");
  let size = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (last !== undefined) yield last;
    hash.update(chunk);
    size += chunk.length;
    last = chunk;
    if (ref.size > CHUNK) passedThrough(chunk.length);
  }
  if (size !== ref.size || hash.digest("hex") !== ref.sha256) {
    throw new BodyDamaged(`the stored body has ${size} octets of ${ref.size}, or another hash`);
  }
  if (last !== undefined) yield last;
}
