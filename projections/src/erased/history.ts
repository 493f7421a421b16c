import { type Nats, ofThisLog, readErased, readOne, STREAMS } from "@waybill/runtime";
import type { Tx } from "@waybill/runtime/postgres";
import type { MailEvent } from "@waybill/schemas";
import { type Entry, readEvent } from "../read-event.ts";

/** Names a message. */
export type Ref = { tenant: string; id: string };

const SEQS = `SELECT seq::float8 AS seq FROM audit WHERE tenant = $1 AND message_id = $2`;

/**
 * The events of a message that its views hold, out of the log, with what is left of those that were
 * erased. The originals are read first: one that is gone by then has a record.
 */
export async function historyOf(
  nats: Nats,
  tx: Tx,
  { tenant, id }: Ref,
): Promise<Entry<MailEvent>[]> {
  const { rows } = await tx.query<{ seq: number }>(SEQS, [tenant, id]);
  const data = new Map<number, Uint8Array>();
  for (const { seq } of rows) {
    const stored = await readOne(nats, STREAMS.mail, seq);
    if (stored !== undefined) data.set(seq, stored.data);
  }
  const { records } = await readErased(nats, tenant, id);
  for (const { seq, event } of await ofThisLog(nats, [...records.values()]))
    data.set(seq, Buffer.from(JSON.stringify(event)));
  return [...data]
    .toSorted(([one], [other]) => one - other)
    .map(([seq, bytes]) => ({ seq, event: readEvent<MailEvent>(bytes) }));
}
