import { appendErased, indexErased, leafOf, type Nats, replay, STREAMS } from "@waybill/runtime";
import { type Erased, type ErasedRecord, type MailEvent, redact } from "@waybill/schemas";

/** The personal data of one recipient, or of everybody whom a message speaks of. */
export const erasedOf = (address: string, isWhole = false): Erased => ({
  isWhole,
  of: (other) => other.toLowerCase() === address.toLowerCase(),
  spellings: [address],
  pseudonym: (spelling) => `erased-${Buffer.from(spelling).toString("hex")}@erased.invalid`,
});

/** Records what is left of a message's events, whose bytes are in these chunks, as the API does. @returns the sequence of the last record. */
export async function recordErased(
  nats: Nats,
  { tenant, messageId }: Pick<MailEvent, "tenant" | "messageId">,
  erased: Erased,
  chunks: number[] = [],
): Promise<number> {
  const records: ErasedRecord[] = [];
  for await (const { seq, subject, time, data, json } of replay(nats, {
    stream: STREAMS.mail,
    filters: [`mail.*.*.${tenant}.*`],
  })) {
    const event = json<MailEvent>();
    if (event.messageId !== messageId) continue;
    const base = { seq, subject, keptAt: time.toISOString(), tenant, messageId };
    const left = redact(event, erased);
    if (left === event) continue;
    records.push({ ...base, leaf: leafOf(subject, data), event: left, chunks, by: "test" });
  }
  return appendErased(nats, tenant, records, (await indexErased(nats, tenant)).last);
}
