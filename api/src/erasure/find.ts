import { leafOf, readErased, replay, STREAMS } from "@waybill/runtime";
import {
  evolveMessage,
  isOpen,
  isWork,
  type MailEvent,
  type MessageView,
  tenantEvents,
} from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { steady } from "../log/steady.ts";
import type { Whose } from "./whose.ts";

/** An event with what the record of its erasure says of the original. */
export type Found = {
  seq: number;
  subject: string;
  keptAt: string;
  leaf: string;
  chunks: number[];
  event: MailEvent;
};

export type Findings = {
  found: Found[];
  /** Messages some of whose recipients have not ended. */
  open: string[];
  /** Sequence of the tenant's last record of an erasure. */
  last: number;
};

const chunksIn = (event: MailEvent): number[] =>
  isWork(event) && event.body.store === "jetstream" ? event.body.chunks : [];

/** The events of the messages concerned, out of the log itself, and whether these have ended. @throws LogUnavailable */
export async function findEvents(
  { nats, stall }: Deps,
  tenant: string,
  whose: Whose,
): Promise<Findings> {
  const { records, last } = await readErased(nats, tenant);
  const found: Found[] = [];
  const views = new Map<string, MessageView>();
  const source = replay(nats, { stream: STREAMS.mail, filters: [tenantEvents(tenant)] });
  for await (const { seq, subject, time, data, json } of steady(source, stall)) {
    const event = json<MailEvent>();
    if (!whose.has(event)) continue;
    const before = records.get(seq);
    const leaf = before?.leaf ?? leafOf(subject, data);
    const chunks = [...(before?.chunks ?? []), ...chunksIn(event)];
    found.push({ seq, subject, keptAt: time.toISOString(), leaf, chunks, event });
    const view = evolveMessage(views.get(event.messageId), event, seq);
    if (view !== undefined) views.set(event.messageId, view);
  }
  const open = [...views.values()].filter(({ status }) => isOpen(status)).map(({ id }) => id);
  return { found, open, last };
}
