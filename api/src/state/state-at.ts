import { replay, STREAMS } from "@waybill/runtime";
import {
  type ConfigurationState,
  type ControlFact,
  foldConfiguration,
  noConfiguration,
  tenantControl,
} from "@waybill/schemas";
import type { Caller } from "../auth.ts";
import type { Deps } from "../deps.ts";
import { steady } from "../log/steady.ts";
import { KINDS, TO_READ } from "./kinds.ts";

/**
 * The tenant's configuration as of a moment: what its facts in the log up to then, told by their own
 * time, add up to. Reads the log itself, and keeps no more of it than there is to answer.
 * @throws LogUnavailable
 */
export async function stateAt(
  { nats, stall }: Deps,
  tenant: string,
  at: Date,
): Promise<ConfigurationState> {
  const state = noConfiguration();
  const source = replay(nats, { stream: STREAMS.control, filters: [tenantControl(tenant)] });
  for await (const stored of steady(source, stall)) {
    const fact = stored.json<ControlFact>();
    if (Date.parse(fact.time) <= at.getTime()) foldConfiguration(state, fact, stored.seq);
  }
  return state;
}

/** What of it the caller may read, in the order of the lists. */
export function readable({ entities }: ConfigurationState, { may }: Caller) {
  const kinds = KINDS.filter((kind) => {
    const needed = TO_READ[kind];
    return needed !== null && may.has(needed);
  });
  const groups = kinds.map((kind) => [kind, [...(entities.get(kind) ?? [])]] as const);
  const sorted = groups.map(([kind, group]) => {
    const newestFirst = group.toSorted(([one], [other]) => (one < other ? 1 : -1));
    return [kind, newestFirst.map(([, seen]) => seen)] as const;
  });
  return Object.fromEntries(sorted.filter(([, group]) => group.length > 0));
}
