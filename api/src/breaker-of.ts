import { breakerId, type Breaker } from "@waybill/schemas";
import type { Deps } from "./deps.ts";
import type { BreakersOf, BreakerView } from "./shapes/breaker.ts";

const CLOSED: BreakerView = { state: "closed", since: null, until: null, opens: 0, reason: null };

function viewOf(breaker: Breaker | undefined): BreakerView {
  if (breaker === undefined) return CLOSED;
  const { state, since, until = null, opens, reason = null } = breaker;
  return { state, since, until, opens, reason };
}

/** Whether a tenant's mail is handed to a provider, and to it from each sender domain that it refused. */
export function breakersOf({ directory }: Deps, tenant: string, provider: string): BreakersOf {
  const whole = directory.find(tenant, "breaker", breakerId(provider))?.entity;
  const all = directory.entities(tenant, "breaker").filter((one) => one.provider === provider);
  const senderDomains = all.flatMap((one) => {
    const { senderDomain } = one;
    return senderDomain === undefined ? [] : [{ senderDomain, ...viewOf(one) }];
  });
  return { breaker: viewOf(whole), senderDomains };
}
