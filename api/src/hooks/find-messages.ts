import { STREAMS } from "@waybill/runtime";
import { readCheckpoint } from "@waybill/runtime/postgres";
import { firstUlidOf, tenantEvents } from "@waybill/schemas";
import { MessageId } from "@waybill/schemas/shapes";
import type { Deps } from "../deps.ts";
import { type ToldOf, toldOf } from "../queries/told-of.ts";
import { asTenant } from "../views.ts";

/** Milliseconds for which a message may be missing from the views because they lag. */
const LAG = 10 * 60_000;

type Found = {
  messages: Map<string, ToldOf>;
  /** Some are of these minutes, and the views do not hold all of the tenant's mail yet. */
  isEarly: boolean;
};

/** Whether the views lack mail of the tenant that the log has: also those that hold more than it does, which lost its end. */
async function isBehind({ nats, pool }: Deps, tenant: string): Promise<boolean> {
  const query = { last_by_subj: tenantEvents(tenant, "accepted") };
  const last = await nats.jsm.direct.getMessage(STREAMS.mail, query);
  const views = await readCheckpoint(pool, "views");
  const { state } = await nats.jsm.streams.info(STREAMS.mail);
  return views < (last?.seq ?? 0) || views > state.last_seq;
}

/** The tenant's messages of these ids. Those of others, and those that never were, are not there alike. */
export async function findMessages(deps: Deps, tenant: string, ids: string[]): Promise<Found> {
  const wanted = [...new Set(ids)].filter((id) => MessageId.safeParse(id).success);
  const find = (some: string[]) => asTenant(deps, tenant, (view) => toldOf(view, some));
  if (wanted.length === 0) return { messages: new Map(), isEarly: false };
  const messages = await find(wanted);
  const since = firstUlidOf(deps.now().getTime() - LAG);
  const missing = wanted.filter((id) => !messages.has(id) && id >= since);
  if (missing.length === 0) return { messages, isEarly: false };
  const isEarly = await isBehind(deps, tenant);
  return { messages: new Map([...messages, ...(await find(missing))]), isEarly };
}
