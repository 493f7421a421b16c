import { createHash } from "node:crypto";
import { bodySubject, laneOf } from "@waybill/schemas";
import { passedThrough } from "../collect.ts";
import { endOfTurn } from "../end-of-turn.ts";
import { bySequence } from "../leader-reads.ts";
import { LogUnavailable, publish } from "../log.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { CHUNK, inChunks, SMALL } from "./chunks.ts";
import { makeSharing, openShared, type Chunk, type Place } from "./shared-chunk.ts";
import { BodyDamaged, type BodyKeeper, type BodyOwner } from "./store.ts";

/** Chunks that several bodies share, and that were read last: they are of mails that are sent together. */
const REMEMBERED = { chunks: 8, milliseconds: 10_000 };

/** Bodies in the BODIES stream: a large one in chunks, a small one in a chunk that it may share. */
export function makeStreamBodies(nats: Nats, lanes: number): BodyKeeper<"jetstream"> {
  const subjectOf = (tenant: string) => bodySubject(laneOf(tenant, lanes), tenant);
  const stream = STREAMS.bodies;
  const publication = (subject: string, { msgID, bytes: payload }: Chunk) => ({
    stream,
    subject,
    payload,
    options: { msgID },
  });
  const share = makeSharing((subject, chunk, deadline) =>
    publish(nats, { ...publication(subject, chunk), deadline }),
  );
  const fetchShared = remembering((subject, seq) => fetchChunk(nats, subject, seq));
  /** Keeps what a source yields, and notes where at once. @returns its size and hash */
  const keep = async (
    { tenant, messageId }: BodyOwner,
    source: AsyncIterable<Uint8Array>,
    places: Place[],
  ) => {
    const subject = subjectOf(tenant);
    const hash = createHash("sha256");
    let size = 0;
    for await (const bytes of inChunks(source)) {
      hash.update(bytes);
      size += bytes.length;
      const chunk = { msgID: `${messageId}:body:${places.length}`, bytes };
      places.push(
        size <= SMALL
          ? await share(subject, chunk)
          : { seq: await publish(nats, publication(subject, chunk)) },
      );
      if (bytes.length === CHUNK) passedThrough(CHUNK);
    }
    return { size, sha256: hash.digest("hex") };
  };
  return {
    store: "jetstream",
    async write(owner, source) {
      const places: Place[] = [];
      try {
        const kept = await keep(owner, source, places);
        const chunks = places.map(({ seq }) => seq);
        const ref = { store: "jetstream" as const, chunks, ...kept };
        const shared = places[0]?.shared;
        return shared === undefined ? ref : { ...ref, shared };
      } catch (error) {
        void removeAll(nats, places);
        throw error;
      }
    },
    async *read(tenant, { chunks, size, shared }) {
      const subject = subjectOf(tenant);
      for (const seq of chunks)
        yield shared
          ? openShared(await fetchShared(subject, seq), shared, size)
          : await fetchChunk(nats, subject, seq);
    },
  };
}

/** Overwrites the chunks of a body that nobody will refer to, as far as the log answers; what is left goes with its age. */
async function removeAll({ jsm }: Nats, places: readonly Place[]): Promise<void> {
  const own = places.filter(({ shared }) => shared === undefined);
  try {
    for (const { seq } of own) await jsm.streams.deleteMessage(STREAMS.bodies, seq);
  } catch {
    // Whoever was told that the body is not kept needs no more.
  }
}

type Fetch = (subject: string, seq: number) => Promise<Uint8Array>;

/** The same, of which the last results are kept for a while, and those on their way; not what failed. */
function remembering(fetch: Fetch): Fetch {
  const known = new Map<string, { fetched: Promise<Uint8Array>; at: number }>();
  return (subject, seq) => {
    const [name, now] = [`${subject}:${seq}`, performance.now()];
    const before = known.get(name);
    if (before !== undefined && now - before.at < REMEMBERED.milliseconds) return before.fetched;
    const fetched = fetch(subject, seq);
    fetched.catch(() => known.delete(name));
    known.delete(name);
    known.set(name, { fetched, at: now });
    const [oldest] = known.keys();
    if (known.size > REMEMBERED.chunks && oldest !== undefined) known.delete(oldest);
    return fetched;
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
