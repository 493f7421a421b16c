import { type ErasedIndex, leafOf, readOne, readRecord, STREAMS } from "@waybill/runtime";
import { type Erased, type ErasedRecord, isWork, type MailEvent, redact } from "@waybill/schemas";
import type { Deps } from "../deps.ts";

/** Who erases, and why. */
export type By = { by: string; why?: string | undefined };

type Original = Pick<ErasedRecord, "seq" | "subject" | "keptAt" | "leaf" | "chunks" | "event">;

/** Chunks that hold nothing but the event's body: of one that is shared the key goes, with the event. */
const chunksIn = (event: MailEvent): number[] =>
  isWork(event) && event.body.store === "jetstream" && event.body.shared === undefined
    ? event.body.chunks
    : [];

async function originalAt(
  { nats }: Deps,
  { places }: ErasedIndex,
  seq: number,
): Promise<Original | undefined> {
  const place = places.get(seq);
  const before = place && (await readRecord(nats, place));
  if (before !== undefined) return before;
  const stored = await readOne(nats, STREAMS.mail, seq);
  if (stored === undefined) return undefined;
  const { subject, time, data, json } = stored;
  const event = json<MailEvent>();
  const leaf = leafOf(subject, data);
  return { seq, subject, keptAt: time.toISOString(), leaf, chunks: chunksIn(event), event };
}

/**
 * What is left of the events at these sequences, of those that hold anything to be erased; read one by
 * one as they are asked for. @throws when the log does not answer
 */
export async function* recordsOf(
  deps: Deps,
  index: ErasedIndex,
  seqs: Iterable<number>,
  erased: Erased,
  { by, why }: By,
): AsyncGenerator<ErasedRecord> {
  for (const seq of seqs) {
    const original = await originalAt(deps, index, seq);
    if (original === undefined) continue;
    const event = redact(original.event, erased);
    if (event === original.event) continue;
    const { tenant, messageId } = event;
    const { subject, keptAt, leaf, chunks } = original;
    const record = { seq, subject, keptAt, leaf, chunks, tenant, messageId, event, by };
    yield why === undefined ? record : { ...record, why };
  }
}
