import type { StreamConfig, StreamState } from "@nats-io/jetstream";
import { createInbox, type Msg, type Subscription } from "@nats-io/transport-node";
import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { beginInJetStream } from "./request.ts";

/** Octets of a chunk; the server sends some megabytes of them before it waits for us. */
const CHUNK = 256 * 1024;

/** Milliseconds without a chunk, after which the server is given up. */
const SILENCE = 30_000;

/** The end of a snapshot, sent as the status of an empty message (204), or why there is none. */
const WHOLE = 204;

/** A stream as the server packs it, without consumers: a compressed archive of its files. */
export type Snapshot = {
  config: StreamConfig;
  /** When the snapshot began; what came while it was taken may be in it as well. */
  state: StreamState;
  /** Ends when all of it has come. @throws StartError when it does not */
  chunks: AsyncIterable<Uint8Array>;
};

/** Takes a snapshot of a stream while it is used (`$JS.API.STREAM.SNAPSHOT`). @throws StartError */
export async function takeSnapshot(nats: Nats, stream: string): Promise<Snapshot> {
  const inbox = createInbox();
  const chunks = nats.nc.subscribe(inbox);
  const asked = { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK };
  const subject = `$JS.API.STREAM.SNAPSHOT.${stream}`;
  const { config, state } = await beginInJetStream<Omit<Snapshot, "chunks">>(nats, subject, asked);
  return { config, state, chunks: received(chunks, stream) };
}

/** Each chunk is acknowledged when it has been dealt with, which lets the server go on. */
async function* received(chunks: Subscription, stream: string): AsyncGenerator<Uint8Array> {
  const silence = setTimeout(() => chunks.unsubscribe(), SILENCE);
  let expected = 1;
  try {
    for await (const chunk of chunks) {
      silence.refresh();
      if (chunk.data.length === 0) return requireWhole(chunk, stream);
      if (numberOf(chunk, expected) !== expected) break;
      expected += 1;
      yield chunk.data;
      chunk.respond();
    }
    throw incomplete(stream, "the connection was lost, or the server fell silent");
  } finally {
    clearTimeout(silence);
    chunks.unsubscribe();
  }
}

/** The last token of the subject on which a chunk is acknowledged; the last chunk has none. */
const numberOf = ({ reply }: Msg, otherwise: number): number =>
  reply ? Number(reply.slice(reply.lastIndexOf(".") + 1)) : otherwise;

function requireWhole({ headers }: Msg, stream: string): void {
  if (headers !== undefined && headers.code !== WHOLE)
    throw incomplete(stream, headers.description);
}

const incomplete = (stream: string, why: string): StartError =>
  new StartError(`the snapshot of ${stream} is not complete: ${why}`, "take the backup again");
