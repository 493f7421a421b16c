import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import type { BodyRefOf } from "@waybill/schemas";
import { endOfTurn } from "../end-of-turn.ts";
import { PATIENCE } from "../log.ts";
import { SMALL } from "./chunks.ts";

/** Octets of a chunk that several bodies share: as many as would be on their way side by side (ADR 0005). */
const ROOM = 10 * SMALL;

/** Milliseconds before its deadline at which a publish may give up. */
const EARLY = 200;

/** AES in counter mode: a key is used once, and what is read is compared with its hash anyway. */
const CIPHER = "aes-256-ctr";
const FIRST_BLOCK = Buffer.alloc(16);
const KEY = 32;

type Shared = NonNullable<BodyRefOf<"jetstream">["shared"]>;

/** Where a small body is: alone in a chunk, or sealed beside others. */
export type Place = { seq: number; shared?: Shared };

/** What is kept as one message, and the id that makes it one however often it is published. */
export type Chunk = { msgID: string; bytes: Buffer };

type Store = (chunk: Chunk, deadline: number) => Promise<number>;

/** Keeps a chunk by a deadline (`performance.now()`); gives its sequence. @throws LogUnavailable */
type StoreChunk = (subject: string, chunk: Chunk, deadline: number) => Promise<number>;

type Waiting = Chunk & {
  deadline: number;
  resolve: (place: Place) => void;
  reject: (error: unknown) => void;
};

/**
 * Keeps small bodies. Those of a tenant that come in while its chunk before is on its way share one, and so
 * a sync of the log (ADR 0016); nobody waits otherwise. Rejects as `store` does.
 */
export function makeSharing(store: StoreChunk) {
  const lines = new Map<string, Waiting[]>();
  const serve = async (subject: string, line: Waiting[]): Promise<void> => {
    while (line.length > 0) {
      await endOfTurn();
      await keepFirst(line, (chunk, deadline) => store(subject, chunk, deadline));
    }
    lines.delete(subject);
  };
  return (subject: string, chunk: Chunk): Promise<Place> => {
    const { promise, resolve, reject } = Promise.withResolvers<Place>();
    const line = lines.get(subject) ?? [];
    line.push({ ...chunk, deadline: performance.now() + PATIENCE, resolve, reject });
    if (!lines.has(subject)) {
      lines.set(subject, line);
      void serve(subject, line);
    }
    return promise;
  };
}

/** Takes from a line what goes into a chunk. */
function firstOf(line: Waiting[]): Waiting[] {
  let octets = 0;
  const beyond = line.findIndex(({ bytes }) => (octets += bytes.length) > ROOM);
  return line.splice(0, beyond === -1 ? line.length : Math.max(beyond, 1));
}

/** What waits in line counts towards the patience of each; those who have some left are tried again. */
async function keepFirst(line: Waiting[], store: Store): Promise<void> {
  const bodies = firstOf(line);
  const deadline = Math.min(...bodies.map((one) => one.deadline));
  try {
    const places = await placesOf(bodies, (chunk) => store(chunk, deadline));
    for (const [index, place] of places.entries()) bodies[index]?.resolve(place);
  } catch (error) {
    const now = performance.now() + EARLY;
    const isLate = (one: Waiting) => now < deadline || now >= one.deadline;
    for (const { reject } of bodies.filter(isLate)) reject(error);
    line.unshift(...bodies.filter((one) => !isLate(one)));
  }
}

async function placesOf(
  bodies: readonly Chunk[],
  store: (chunk: Chunk) => Promise<number>,
): Promise<Place[]> {
  const [first] = bodies;
  if (first === undefined) return [];
  if (bodies.length === 1) return [{ seq: await store(first) }];
  const sealed = bodies.map(({ bytes }) => seal(bytes));
  const together = Buffer.concat(sealed.map(({ bytes }) => bytes));
  // Sealed again it is another chunk, whatever the log remembers of the messages in it.
  const seq = await store({ msgID: `${randomUUID()}:bodies`, bytes: together });
  let at = 0;
  return sealed.map(({ key, bytes }) => {
    const shared = { at, key };
    at += bytes.length;
    return { seq, shared };
  });
}

function seal(bytes: Buffer): { key: string; bytes: Buffer } {
  const key = randomBytes(KEY);
  return {
    key: key.toString("base64url"),
    bytes: createCipheriv(CIPHER, key, FIRST_BLOCK).update(bytes),
  };
}

/** A body out of the chunk that it shares; too short, or nothing, when the chunk is another one. */
export function openShared(chunk: Uint8Array, { at, key }: Shared, size: number): Buffer {
  const cipher = createDecipheriv(CIPHER, Buffer.from(key, "base64url"), FIRST_BLOCK);
  return cipher.update(chunk.subarray(at, at + size));
}
