import { type ErasedRecord, erasedSubject } from "@waybill/schemas";
import { bySequence, lastOnLeader } from "../leader-reads.ts";
import type { Nats } from "../nats.ts";
import { readStream, type Stored } from "../read-stream.ts";
import { STREAMS } from "../streams.ts";

/** What is left of events, by their sequences. */
type ErasedEvents = {
  records: ReadonlyMap<number, ErasedRecord>;
  /** Sequence in ERASED of the last record; 0 when there is none. */
  last: number;
};

/** Which event a record stands for, and where the record is. */
export type ErasedPlace = Pick<ErasedRecord, "seq" | "subject" | "leaf"> & {
  /** Milliseconds since 1970: when the log kept the original. */
  keptAt: number;
  /** Sequence in ERASED. */
  place: number;
};

/** The records of a tenant, without what they hold: there may be many. */
export type ErasedIndex = { places: ReadonlyMap<number, ErasedPlace>; last: number };

async function* recordsOf(nats: Nats, subject: string, through: number) {
  const options = { stream: STREAMS.erased, filters: [subject], through };
  for await (const stored of readStream(nats, options))
    yield { place: stored.seq, record: stored.json<ErasedRecord>() };
}

/** Sequence of the last record under a subject; 0 when there is none. */
async function lastOf(nats: Nats, subject: string): Promise<number> {
  return (await lastOnLeader(nats, STREAMS.erased, subject))?.seq ?? 0;
}

/** What is left of the erased events of a message; `*`: of all of the tenant's. */
export async function readErased(
  nats: Nats,
  tenant: string,
  messageId: string,
): Promise<ErasedEvents> {
  const subject = erasedSubject(tenant, messageId);
  const last = await lastOf(nats, subject);
  const records = new Map<number, ErasedRecord>();
  if (last === 0) return { records, last };
  for await (const { record } of recordsOf(nats, subject, last)) records.set(record.seq, record);
  return { records, last };
}

/** Which events of a tenant were erased, and where what is left of them is; `*`: of all tenants. */
export async function indexErased(nats: Nats, tenant: string): Promise<ErasedIndex> {
  const subject = erasedSubject(tenant, "*");
  const last = await lastOf(nats, subject);
  const places = new Map<number, ErasedPlace>();
  if (last === 0) return { places, last };
  for await (const { place, record } of recordsOf(nats, subject, last)) {
    const { seq, subject: of, leaf } = record;
    places.set(seq, { seq, subject: of, leaf, keptAt: Date.parse(record.keptAt), place });
  }
  return { places, last };
}

/** The record there; undefined when it was forgotten meanwhile. */
export async function readRecord(
  nats: Nats,
  { place }: ErasedPlace,
): Promise<ErasedRecord | undefined> {
  return (await bySequence(nats, STREAMS.erased, place))?.json<ErasedRecord>();
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
