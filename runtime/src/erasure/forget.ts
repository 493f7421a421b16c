import { type ErasedRecord, erasedSubject } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { readStream } from "../read-stream.ts";
import { STREAMS } from "../streams.ts";

/** Removes what is left of the erased events before a sequence of MAIL, of a tenant or of all: they are past their age. */
export async function forgetErased(
  nats: Nats,
  tenant: string | undefined,
  until: number,
): Promise<void> {
  const filters = [erasedSubject(tenant ?? "*", "*")];
  for await (const stored of readStream(nats, { stream: STREAMS.erased, filters })) {
    if (stored.json<ErasedRecord>().seq >= until) continue;
    await nats.jsm.streams.deleteMessage(STREAMS.erased, stored.seq, false);
  }
}
