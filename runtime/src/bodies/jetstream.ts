import { createHash } from "node:crypto";
import { bodySubject, laneOf, type BodyRefOf } from "@waybill/schemas";
import { passedThrough } from "../collect.ts";
import { endOfTurn } from "../end-of-turn.ts";
import { bySequence } from "../leader-reads.ts";
import { LogUnavailable, publish } from "../log.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { CHUNK, inChunks } from "./chunks.ts";
import { BodyDamaged, type BodyKeeper } from "./store.ts";

/** Bodies in the BODIES stream. */
export function makeStreamBodies(nats: Nats, lanes: number): BodyKeeper<"jetstream"> {
  const subjectOf = (tenant: string) => bodySubject(laneOf(tenant, lanes), tenant);
  return {
    store: "jetstream",
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
    read: (tenant, ref) => chunksOf(nats, subjectOf(tenant), ref),
  };
}

async function* chunksOf(
  nats: Nats,
  subject: string,
  { chunks }: BodyRefOf<"jetstream">,
): AsyncGenerator<Uint8Array> {
  for (const seq of chunks) yield await fetchChunk(nats, subject, seq);
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
