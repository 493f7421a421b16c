import type { FastifyReply } from "fastify";
import { once } from "node:events";
import { Readable } from "node:stream";

/**
 * A stream that has its first bytes, or its end, in hand: an error before them is still an answer
 * with a status. One after them destroys the connection, so that the client sees it is incomplete.
 */
export async function started(stream: Readable): Promise<Readable> {
  await once(stream, "readable");
  return stream;
}

/** Lines of text, made as fast as the client takes them. */
export const lines = (source: AsyncIterable<string>): Readable =>
  Readable.from(source, { objectMode: false });

/** Aborted when nobody waits for the answer any more: it is complete, or the client went away. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
