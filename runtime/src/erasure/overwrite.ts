import { JetStreamApiError } from "@nats-io/jetstream";
import type { ErasedRecord } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** Overwrites the originals of these records and the bytes of their messages; those that are gone already stay so. */
export async function overwriteOriginals(
  nats: Nats,
  records: readonly Pick<ErasedRecord, "seq" | "chunks">[],
): Promise<void> {
  for (const { seq, chunks } of records) {
    for (const chunk of chunks) await overwrite(nats, STREAMS.bodies, chunk);
    await overwrite(nats, STREAMS.mail, seq);
  }
}

async function overwrite({ jsm }: Nats, stream: string, seq: number): Promise<void> {
  try {
    await jsm.streams.deleteMessage(stream, seq, true);
  } catch (error) {
    const isRefused = error instanceof JetStreamApiError;
    if (!isRefused || (await jsm.direct.getMessage(stream, { seq })) !== null) throw error;
  }
}
