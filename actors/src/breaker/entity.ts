import { type Breaker, breakerId, type ProviderOwner } from "@waybill/schemas";
import { CLOSED, type State } from "./machine.ts";

/** What a breaker is for: a tenant's mail by a provider, or that of one sender domain. */
export type Scope = {
  tenant: string;
  owner: ProviderOwner;
  provider: string;
  senderDomain?: string;
};

export const idOf = ({ provider, senderDomain }: Scope): string =>
  breakerId(provider, senderDomain);

const isoOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** How a state is told in the configuration; null: there is nothing to tell of a sender domain that works. */
export function entityOf(scope: Scope, state: State, settings: number): Breaker | null {
  const { tenant: _tenant, ...of } = scope;
  const base = { kind: "breaker", id: idOf(scope), ...of, settings } as const;
  if (state.state !== "closed") {
    const { reason, opens, since, until } = state;
    const times = { since: isoOf(since), until: isoOf(until) };
    return { ...base, state: state.state, ...times, opens, reason };
  }
  if (scope.senderDomain !== undefined) return null;
  return { ...base, state: "closed", since: isoOf(state.since ?? 0), opens: 0 };
}

/** The state that an entity tells of; a probe that it tells of is another process's. */
export function stateOf(entity: Breaker | null): State {
  if (entity === null || entity.state === "closed") return CLOSED;
  const { state, opens, since, until = since } = entity;
  const reason = entity.reason ?? { class: "retry", response: "" };
  const left = { reason, opens, since: Date.parse(since), until: Date.parse(until) };
  return state === "open" ? { state, ...left } : { state, probe: "", ...left };
}
