import type { ErasedRecord } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { isOneTime } from "../same-log.ts";
import { STREAMS } from "../streams.ts";

/**
 * Those records whose events were in this log. MAIL may have lost its end where ERASED did not: then there is no event
 * yet where a record says, or another one, which nobody erased.
 */
export async function ofThisLog<T extends Pick<ErasedRecord, "seq" | "keptAt">>(
  { jsm }: Nats,
  records: readonly T[],
): Promise<T[]> {
  const { state } = await jsm.streams.info(STREAMS.mail);
  const found: T[] = [];
  for (const record of records.filter(({ seq }) => seq <= state.last_seq)) {
    const there = await jsm.streams.getMessage(STREAMS.mail, { seq: record.seq });
    if (there === null || isOneTime(there.time, new Date(record.keptAt))) found.push(record);
  }
  return found;
}
