import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { bodySubject, laneOf, type BodyRef } from "@waybill/schemas";
import { endOfTurn } from "./end-of-turn.ts";
import { passedThrough } from "./collect.ts";
import { bySequence } from "./leader-reads.ts";
import { LogUnavailable, publish } from "./log.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

/** The bytes of a message are gone, or are not those that were kept. */
export class BodyDamaged extends Error {
  constructor(why: string) {
    super(why);
    this.name = "BodyDamaged";
  }
}

/** Keeps the raw bytes of messages, by reference, outside the event log. */
export interface BodyStore {
  /**
   * Keeps what a source yields, while it measures and hashes it; at most two chunks are in memory.
   * An error of the source is passed on, and what was kept of it is never referred to.
   * @throws LogUnavailable when the store does not take it in time.
   */
  write(
    owner: { tenant: string; messageId: string },
    source: AsyncIterable<Uint8Array>,
  ): Promise<BodyRef>;
  /**
   * The bytes, in order, read as they are needed. The stream fails before its end, never after,
   * with BodyDamaged when a chunk is missing or another tenant's, or the whole does not have the size
   * and hash promised.
   */
  read(tenant: string, ref: BodyRef): Readable;
}

/** Octets of a chunk: below the default payload limit of a NATS server (1 MiB). */
const CHUNK = 256 * 1024;

/** Octets of the buffer of a message that may turn out small. */
const SMALL = 16 * 1024;

/** Fills one buffer again and again: what is yielded holds only until the next chunk is asked for. */
async function* inChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
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

async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  ref: BodyRef,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let size = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (last !== undefined) yield last;
    hash.update(chunk);
    size += chunk.length;
    last = chunk;
    if (chunk.length === CHUNK) passedThrough(CHUNK);
  }
  if (size !== ref.size || hash.digest("hex") !== ref.sha256) {
    throw new BodyDamaged(`the stored body has ${size} octets of ${ref.size}, or another hash`);
  }
  if (last !== undefined) yield last;
}

/** Bodies in the BODIES stream. */
export function makeBodyStore(nats: Nats, lanes: number): BodyStore {
  const subjectOf = (tenant: string) => bodySubject(laneOf(tenant, lanes), tenant);
  async function* fetchChunks(tenant: string, ref: BodyRef): AsyncGenerator<Uint8Array> {
    for (const seq of ref.chunks) yield await fetchChunk(nats, subjectOf(tenant), seq);
  }
  return {
    async write({ tenant, messageId }, source) {
      const subject = subjectOf(tenant);
      const hash = createHash("sha256");
      const chunks: number[] = [];
      let size = 0;
      for await (const chunk of inChunks(source)) {
        hash.update(chunk);
        size += chunk.length;
        const options = { msgID: `${messageId}:body:${chunks.length}` };
        chunks.push(
          await publish(nats, { stream: STREAMS.bodies, subject, payload: chunk, options }),
        );
        if (chunk.length === CHUNK) passedThrough(CHUNK);
      }
      return { store: "jetstream", chunks, size, sha256: hash.digest("hex") };
    },
    read: (tenant, ref) =>
      Readable.from(checked(fetchChunks(tenant, ref), ref), { objectMode: false }),
  };
}

async function fetchChunk(nats: Nats, subject: string, seq: number): Promise<Uint8Array> {
  await endOfTurn();
  const message = await bySequence(nats, STREAMS.bodies, seq).catch((error: unknown) => {
    throw new LogUnavailable(error);
  });
  if (message === null) throw new BodyDamaged(`chunk ${seq} is not in the store any more`);
  if (message.subject !== subject) throw new BodyDamaged(`chunk ${seq} is not this tenant's`);
  return message.data;
}
