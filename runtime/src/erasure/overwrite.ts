import { JetStreamApiError } from "@nats-io/jetstream";
import type { ErasedRecord } from "@waybill/schemas";
import { bySequence } from "../leader-reads.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** Overwrites the bytes that the log's own store has of these records' messages; those that are gone already stay so. */
export async function overwriteBodies(
  nats: Nats,
  records: readonly Pick<ErasedRecord, "chunks">[],
): Promise<void> {
  for (const { chunks } of records)
    for (const chunk of chunks) await overwrite(nats, STREAMS.bodies, chunk);
}

/** Overwrites the originals of these records; those that are gone already stay so. */
export async function overwriteOriginals(
  nats: Nats,
  records: readonly Pick<ErasedRecord, "seq">[],
): Promise<void> {
  for (const { seq } of records) await overwrite(nats, STREAMS.mail, seq);
}

/** Overwrites facts of CONTROL; what they were about must have a later one, which everybody follows. */
export async function overwriteFacts(nats: Nats, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) await overwrite(nats, STREAMS.control, seq);
}

async function overwrite(nats: Nats, stream: string, seq: number): Promise<void> {
  try {
    await nats.jsm.streams.deleteMessage(stream, seq, true);
  } catch (error) {
    const isRefused = error instanceof JetStreamApiError;
    if (!isRefused || (await bySequence(nats, stream, seq)) !== null) throw error;
  }
}
