import { replay, STREAMS, type Stored } from "@waybill/runtime";
import { type MailEvent, tenantEvents } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import type { ExportQuery } from "../shapes/audit.ts";
import { eventOf } from "./read-event.ts";
import { steady } from "./steady.ts";

const startOf = ({ after, from }: ExportQuery) => {
  if (after !== undefined) return { from: after + 1 };
  return from === undefined ? {} : { from: new Date(from) };
};

const wanted = ({ message }: ExportQuery, event: MailEvent | undefined): event is MailEvent =>
  event !== undefined && (message === undefined || event.messageId === message);

const moments = ({ from, to }: ExportQuery) => ({
  first: from === undefined ? -Infinity : Date.parse(from),
  end: to === undefined ? Infinity : Date.parse(to),
});

const line = (seq: number, event: MailEvent) => `${JSON.stringify({ seq, ...event })}\n`;

/**
 * The tenant's events as lines of JSON, out of the log itself, up to what it holds at the start.
 * `from` and `to` are compared with the time at which the log kept an event: that grows with `seq`.
 * Ends early once the reader is gone. @throws LogUnavailable
 */
export async function* exportEvents(
  { nats, stall }: Deps,
  tenant: string,
  query: ExportQuery,
  gone: AbortSignal,
): AsyncGenerator<string> {
  const filters = [tenantEvents(tenant, query.type)];
  const { first, end } = moments(query);
  let left = query.limit ?? Infinity;
  const source: AsyncGenerator<Stored> = replay(nats, {
    stream: STREAMS.mail,
    filters,
    ...startOf(query),
  });
  for await (const stored of steady(source, stall)) {
    if (stored.time.getTime() >= end || gone.aborted) return;
    const event = eventOf(stored, tenant);
    if (stored.time.getTime() < first || !wanted(query, event)) continue;
    yield line(stored.seq, event);
    left -= 1;
    if (left === 0) return;
  }
}
