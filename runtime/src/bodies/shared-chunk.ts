import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { BodyRefOf } from "@waybill/schemas";
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

/** What is kept as one message, and the id that makes it one however often it is published. */
type Chunk = { msgID: string; bytes: Buffer };

/** Keeps a chunk; gives its sequence. @throws LogUnavailable */
export type StoreChunk = (subject: string, chunk: Chunk) => Promise<number>;

type Gathering = { bodies: Chunk[]; octets: number; kept: Promise<Place[]> };

const nothing = async (): Promise<void> => undefined;

/**
 * Keeps small bodies. Those of a tenant that come in while the chunk before is on its way, or while its
 * events wait in line, share a chunk, and so a sync of the log (ADR 0016). Rejects as `store` does,
 * for all of a chunk.
 */
export function makeSharing(nats: Nats, store: StoreChunk) {
  const gatherings = new Map<string, Gathering>();
  const sending = new Map<string, Promise<unknown>>();
  const endOf = (subject: string, one: Gathering): void => {
    if (gatherings.get(subject) === one) gatherings.delete(subject);
  };
  const send = (subject: string, bodies: readonly Chunk[]): Promise<Place[]> => {
    const sent = keepTogether(bodies, (chunk) => store(subject, chunk));
    sending.set(subject, sent);
    const forget = () => sending.get(subject) === sent && sending.delete(subject);
    void sent.then(forget, forget);
    return sent;
  };
  const begin = (subject: string): Gathering => {
    const bodies: Chunk[] = [];
    const kept = whenNeeded(nats, sending.get(subject)).then(() => {
      endOf(subject, begun);
      return send(subject, bodies);
    });
    const begun = { bodies, octets: 0, kept };
    gatherings.set(subject, begun);
    return begun;
  };
  return async (subject: string, body: Chunk): Promise<Place> => {
    const joined = gatherings.get(subject) ?? begin(subject);
    const index = joined.bodies.push(body) - 1;
    joined.octets += body.bytes.length;
    if (joined.octets >= ROOM) endOf(subject, joined);
    const place = (await joined.kept)[index];
    if (place === undefined) throw new Error("a body has no place in its chunk");
    return place;
  };
}

/** Resolves when an event could be published, and the chunk before is kept: a body helps nobody earlier. */
async function whenNeeded(nats: Nats, before: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const longest = new Promise<void>((resolve) => (timer = setTimeout(resolve, LONGEST)));
  const turnOfEvents = nats.inFlight(STREAMS.mail)(nothing);
  await Promise.race([Promise.allSettled([turnOfEvents, before]), longest]);
  clearTimeout(timer);
}

async function keepTogether(
  bodies: readonly Chunk[],
  store: (chunk: Chunk) => Promise<number>,
): Promise<Place[]> {
  const [first] = bodies;
  if (first === undefined) return [];
  if (bodies.length === 1) return [{ seq: await store(first) }];
  const sealed = bodies.map(({ bytes }) => seal(bytes));
  const together = Buffer.concat(sealed.map(({ bytes }) => bytes));
  const seq = await store({ msgID: first.msgID, bytes: together });
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
