import { JetStreamApiError } from "@nats-io/jetstream";
import { isWork, type ErasedRecord } from "@waybill/schemas";
import type { KeptOutside } from "../bodies/outside.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/**
 * Overwrites the originals of these records, and removes the bytes of their messages wherever they are;
 * those that are gone already stay so. @throws BodyUnavailable, or when the log does not answer
 */
export async function overwriteOriginals(
  nats: Nats,
  records: readonly ErasedRecord[],
  outside?: Pick<KeptOutside, "remove">,
): Promise<void> {
  for (const { seq, chunks, event } of records) {
    for (const chunk of chunks) await overwrite(nats, STREAMS.bodies, chunk);
    if (isWork(event)) await outside?.remove(event, event.body);
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
