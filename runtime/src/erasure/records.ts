import { type ErasedRecord, erasedSubject } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { readStream, type Stored } from "../read-stream.ts";
import { STREAMS } from "../streams.ts";

/** What is left of events, by their sequences. */
export type ErasedEvents = {
  records: ReadonlyMap<number, ErasedRecord>;
  /** Sequence in ERASED of the last record; 0 when there is none. */
  last: number;
};

/** What is left of the erased events of a tenant, or of one of its messages; `*`: of all. */
export async function readErased(
  nats: Nats,
  tenant: string,
  messageId = "*",
): Promise<ErasedEvents> {
  const subject = erasedSubject(tenant, messageId);
  const records = new Map<number, ErasedRecord>();
  const newest = await nats.jsm.direct.getMessage(STREAMS.erased, { last_by_subj: subject });
  if (newest === null) return { records, last: 0 };
  const through = newest.seq;
  const options = { stream: STREAMS.erased, filters: [subject], through };
  for await (const stored of readStream(nats, options)) {
    const record = stored.json<ErasedRecord>();
    records.set(record.seq, record);
  }
  return { records, last: through };
}

const encoder = new TextEncoder();

/** What is left of an event, as if the log held it in its place. */
export function storedOf({ seq, subject, keptAt, event }: ErasedRecord): Stored {
  const text = JSON.stringify(event);
  return {
    seq,
    subject,
    time: new Date(keptAt),
    data: encoder.encode(text),
    json: <T>() => JSON.parse(text) as T,
  };
}
