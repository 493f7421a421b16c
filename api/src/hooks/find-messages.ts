import { lastSeqOf, STREAMS } from "@waybill/runtime";
import { readCheckpoint } from "@waybill/runtime/postgres";
import { firstUlidOf, tenantEvents } from "@waybill/schemas";
import { MessageId } from "@waybill/schemas/shapes";
import type { Deps } from "../deps.ts";
import { type ToldOf, toldOf } from "../queries/told-of.ts";
import { asTenant } from "../views.ts";

/** Milliseconds from the id of a message to its acceptance, at most, and what clocks differ by. */
const SLACK = 10 * 60_000;

type Found = {
  messages: Map<string, ToldOf>;
  /** Some are of a time up to which the views do not hold the tenant's mail yet. */
  isEarly: boolean;
};

/**
 * Up to when the views hold a tenant's mail, milliseconds since 1970: Infinity when they hold all of it, 0 while they
 * are of another log, which had more.
 */
async function heldUntil({ nats, pool }: Deps, tenant: string): Promise<number> {
  const last = await lastSeqOf(nats, STREAMS.mail, tenantEvents(tenant, "accepted"));
  const views = await readCheckpoint(pool, "views");
  const { state } = await nats.jsm.streams.info(STREAMS.mail);
  if (views > state.last_seq) return 0;
  if (views >= last) return Infinity;
  const next = { seq: views + 1, next_by_subj: "mail.>" };
  return (await nats.jsm.direct.getMessage(STREAMS.mail, next))?.time.getTime() ?? 0;
}

/** The tenant's messages of these ids. Those of others, and those that never were, are not there alike. */
export async function findMessages(deps: Deps, tenant: string, ids: string[]): Promise<Found> {
  const wanted = [...new Set(ids)].filter((id) => MessageId.safeParse(id).success);
  const find = (some: string[]) => asTenant(deps, tenant, (view) => toldOf(view, some));
  if (wanted.length === 0) return { messages: new Map(), isEarly: false };
  const messages = await find(wanted);
  const missing = wanted.filter((id) => !messages.has(id));
  if (missing.length === 0) return { messages, isEarly: false };
  const until = await heldUntil(deps, tenant);
  const found = new Map([...messages, ...(await find(missing))]);
  const since = until === Infinity ? undefined : firstUlidOf(Math.max(0, until - SLACK));
  const isEarly = since !== undefined && missing.some((id) => id >= since && !found.has(id));
  return { messages: found, isEarly };
}
