import { STREAMS } from "@waybill/runtime";
import { openLog } from "../faults/log-access.ts";
import type { Relay } from "../relay/relay.ts";
import type { Caller } from "./caller.ts";

type State = { entities: Record<string, object[]> };

/** The routing rules of the caller's tenant as of a moment, in milliseconds. */
export async function rulesAt(caller: Caller, moment: number): Promise<object[]> {
  const at = new Date(moment).toISOString();
  const { entities } = await caller.want<State>(200, "GET", `/state?at=${at}`);
  return entities.route ?? [];
}

/** How many facts about a tenant's configuration the log keeps. */
export async function factsOf({ engines }: Relay, tenant: string): Promise<number> {
  const nats = await openLog(engines.natsUrl);
  const filter = { subjects_filter: `control.${tenant}.>` };
  const { state } = await nats.jsm.streams.info(STREAMS.control, filter);
  await nats.close();
  return Object.values(state.subjects ?? {}).reduce((sum, one) => sum + one, 0);
}
