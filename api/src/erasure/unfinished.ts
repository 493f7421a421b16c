import { acknowledgedThrough, lastSeqOf, STREAMS } from "@waybill/runtime";
import { laneOf, messageTimers } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import type { Search } from "./search.ts";

/** Messages asked about at once. */
const AT_ONCE = 16;

function refuse(messages: readonly string[]): void {
  if (messages.length === 0) return;
  const some = messages.slice(0, 3).join(", ");
  throw new Problem(
    "unfinished",
    `${messages.length} messages have not ended, such as ${some}: wait for them`,
  );
}

/** Those of the messages that have a timer, which is to put their addresses into the log again. */
async function withTimer(
  { nats, config }: Deps,
  tenant: string,
  messages: readonly string[],
): Promise<string[]> {
  const lane = laneOf(tenant, config.WAYBILL_LANES);
  const lastOf = (id: string) => lastSeqOf(nats, STREAMS.mail, messageTimers(lane, tenant, id));
  const found: string[] = [];
  for (let at = 0; at < messages.length; at += AT_ONCE) {
    const some = messages.slice(at, at + AT_ONCE);
    const timers = await Promise.all(some.map(lastOf));
    found.push(...some.filter((_, nth) => timers[nth] !== 0));
  }
  return found;
}

/** Up to where the actors have acted on the tenant's mail; asked only where the log does not tell. */
const actedThrough = ({ nats, config }: Deps, tenant: string, { unanswered }: Search) =>
  unanswered.after(0).length === 0
    ? 0
    : acknowledgedThrough(nats, laneOf(tenant, config.WAYBILL_LANES), tenant);

/**
 * Reads on in the log until nothing of what was found can still be sent, or get into the log again, though
 * others tell of its end: no recipient is open, no timer is set, and all work items are acted on.
 * In that order: of an item that is acknowledged the timer is there, and what a timer that is gone by
 * then has put into the log is read behind it. @throws Problem unfinished
 */
export async function refuseUnfinished(deps: Deps, tenant: string, search: Search): Promise<void> {
  do {
    refuse(search.open);
    const through = await actedThrough(deps, tenant, search);
    refuse(await withTimer(deps, tenant, search.takeNews()));
    await search.read();
    refuse(search.unanswered.after(through));
  } while (search.hasNews);
  refuse(search.open);
}
