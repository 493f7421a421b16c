import { type ErasedRecord, erasedSubject } from "@waybill/schemas";
import { createHash } from "node:crypto";
import { isConflict } from "../control.ts";
import { LogUnavailable, publish } from "../log.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** Another erasure of the tenant was at work meanwhile: what this one read is not so any more. */
export class ErasureConflict extends Error {
  override readonly name = "ErasureConflict";
}

/**
 * Appends what is left of a tenant's events, each after the other.
 * @param after the last record of the tenant when they were read
 * @returns the sequence of the last. @throws ErasureConflict | LogUnavailable
 */
export async function appendErased(
  nats: Nats,
  tenant: string,
  records: AsyncIterable<ErasedRecord> | Iterable<ErasedRecord>,
  after: number,
): Promise<number> {
  let last = after;
  for await (const record of records) last = await append(nats, tenant, record, last);
  return last;
}

async function append(
  nats: Nats,
  tenant: string,
  record: ErasedRecord,
  lastSubjectSequence: number,
): Promise<number> {
  const payload = JSON.stringify(record);
  const digest = createHash("sha256").update(payload).digest("hex").slice(0, 16);
  const lastSubjectSequenceSubject = erasedSubject(tenant, "*");
  const expect = { lastSubjectSequence, lastSubjectSequenceSubject };
  const subject = erasedSubject(tenant, record.messageId);
  try {
    const options = { msgID: `${record.seq}:${digest}`, expect };
    return await publish(nats, { stream: STREAMS.erased, subject, payload, options });
  } catch (error) {
    if (error instanceof LogUnavailable && isConflict(error.cause))
      throw new ErasureConflict("another erasure is at work", { cause: error });
    throw error;
  }
}
