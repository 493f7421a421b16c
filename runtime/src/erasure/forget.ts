import { JetStreamApiError } from "@nats-io/jetstream";
import { type ErasedRecord, erasedSubject } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { readStream } from "../read-stream.ts";
import { STREAMS } from "../streams.ts";

/**
 * Removes what is left of the erased events before a sequence of MAIL, of a tenant or of all: they are
 * past their age. Their originals must be gone before it, as nothing else keeps them from being read.
 */
export async function forgetErased(
  nats: Nats,
  tenant: string | undefined,
  until: number,
): Promise<void> {
  const filters = [erasedSubject(tenant ?? "*", "*")];
  for await (const stored of readStream(nats, { stream: STREAMS.erased, filters }))
    if (stored.json<ErasedRecord>().seq < until) await remove(nats, stored.seq);
}

/** Another sweep may have removed it meanwhile. */
async function remove({ jsm }: Nats, seq: number): Promise<void> {
  try {
    await jsm.streams.deleteMessage(STREAMS.erased, seq, false);
  } catch (error) {
    const isRefused = error instanceof JetStreamApiError;
    if (!isRefused || (await jsm.direct.getMessage(STREAMS.erased, { seq })) !== null) throw error;
  }
}
