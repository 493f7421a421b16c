import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { BodyRefOf } from "@waybill/schemas";
import { publish } from "../log.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** Octets of a chunk that several bodies share, at most by one body. */
const ROOM = 64 * 1024;

/** Milliseconds that a body waits for others at most. */
const LONGEST = 50;

/** AES in counter mode: a key is used once, and what is read is compared with its hash anyway. */
const CIPHER = "aes-256-ctr";
const FIRST_BLOCK = Buffer.alloc(16);
const KEY = 32;

type Shared = NonNullable<BodyRefOf<"jetstream">["shared"]>;

/** Where a small body is: alone in a chunk, or sealed beside others. */
export type Place = { seq: number; shared?: Shared };

/** A body that fits into one chunk, and what makes its publication one. */
export type Small = { msgID: string; bytes: Buffer };

type Gathering = { bodies: Small[]; octets: number; kept: Promise<Place[]> };

const nothing = async (): Promise<void> => undefined;

/** Resolves when an event could be published: until then its body is not needed either. */
async function turnOfEvents(nats: Nats): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const longest = new Promise<void>((resolve) => (timer = setTimeout(resolve, LONGEST)));
  await Promise.race([nats.inFlight(STREAMS.mail)(nothing), longest]);
  clearTimeout(timer);
}

/**
 * Keeps small bodies; those of a tenant that come in while its events wait in line share a chunk, and
 * so a sync of the log (ADR 0016). Rejects as `publish` does, for all of a chunk.
 */
export function makeSharing(nats: Nats): (subject: string, body: Small) => Promise<Place> {
  const gatherings = new Map<string, Gathering>();
  const close = (subject: string, one: Gathering): void => {
    if (gatherings.get(subject) === one) gatherings.delete(subject);
  };
  const begin = (subject: string): Gathering => {
    const begun = { bodies: [], octets: 0 } as unknown as Gathering;
    gatherings.set(subject, begun);
    begun.kept = turnOfEvents(nats).then(() => {
      close(subject, begun);
      return keep(nats, subject, begun.bodies);
    });
    return begun;
  };
  return async (subject, body) => {
    const joined = gatherings.get(subject) ?? begin(subject);
    const index = joined.bodies.push(body) - 1;
    joined.octets += body.bytes.length;
    if (joined.octets >= ROOM) close(subject, joined);
    const place = (await joined.kept)[index];
    if (place === undefined) throw new Error("a body has no place in its chunk");
    return place;
  };
}

async function keep(nats: Nats, subject: string, bodies: readonly Small[]): Promise<Place[]> {
  const [first] = bodies;
  if (first === undefined) return [];
  const store = (payload: Uint8Array) =>
    publish(nats, { stream: STREAMS.bodies, subject, payload, options: { msgID: first.msgID } });
  if (bodies.length === 1) return [{ seq: await store(first.bytes) }];
  const sealed = bodies.map(({ bytes }) => seal(bytes));
  const seq = await store(Buffer.concat(sealed.map(({ bytes }) => bytes)));
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
