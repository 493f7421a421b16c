import {
  BodyDamaged,
  type BodyStore,
  type Delivery,
  type Directory,
  type Handle,
  type Log,
  type Logger,
} from "@waybill/runtime";
import {
  DEFAULT_LADDER,
  type Provider as Settings,
  type Routes,
  type Tenant,
  type Way,
  type WorkEvent,
} from "@waybill/schemas";
import type { Sign } from "../dkim/sign.ts";
import type { Provider } from "../providers/provider.ts";
import { decide, endedUnsaid, openRecipients, type Decision, type RetryPolicy } from "./decide.ts";
import { givenUp, type End } from "./facts.ts";
import { holderOf } from "./holder.ts";
import { countAttempt } from "./metrics.ts";
import { outcomesOf } from "./outgoing.ts";
import { plansOf, waysOf, type Plan } from "./plan.ts";
import { recordAll, tell } from "./record.ts";
import { send } from "./send.ts";

/** What delivery is given; the clock and chance included. */
export type Neighbours = {
  events: Log;
  bodies: BodyStore;
  directory: Routes<Settings> & Pick<Directory, "lastSeq">;
  providers: { get(owner: string, settings: Settings): Provider };
  /** The provider that the operator named in the environment. */
  environment?: Settings | undefined;
  /** Signs what providers that keep it as it is are given; without, nothing is signed. */
  sign?: Sign;
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
  random: () => number;
};

const policyOf = (tenant: Tenant | undefined): RetryPolicy => ({
  ladder: tenant?.retryLadder ?? DEFAULT_LADDER,
  onAmbiguous: tenant?.onAmbiguous ?? "retry",
});

/** Tries one way; resolves with what became of the recipients once it is recorded. */
async function tryWay(
  to: Neighbours,
  work: WorkEvent,
  { owner, provider: settings, route }: Way<Settings>,
  { recipients, hasNext }: { recipients: string[]; hasNext: boolean },
): Promise<Decision> {
  const provider = to.providers.get(holderOf(owner, work.tenant), settings);
  const tenant = to.directory.tenant(work.tenant);
  const started = to.now();
  const what = { work, recipients, route, tenant };
  const outcomes = outcomesOf(what, await send(to, provider, what));
  const ended = to.now();
  const after = (milliseconds: number) => new Date(ended + milliseconds).toISOString();
  const { id, kind } = provider;
  const attempted = {
    work,
    provider: { id, kind },
    route,
    outcomes,
    durationMs: ended - started,
    after,
    random: to.random(),
  };
  countAttempt({ tenant: work.tenant, provider: id }, outcomes, attempted.durationMs);
  const decision = decide(attempted, policyOf(tenant), hasNext);
  await recordAll(to, decision);
  return decision;
}

/**
 * Tries the ways in their order: each after the first for the recipients to whom the one before has
 * sent nothing, and only once that is recorded. So a crash in between repeats what sent nothing.
 */
async function attemptDelivery(
  to: Neighbours,
  work: WorkEvent,
  [way, ...next]: readonly Way<Settings>[],
  recipients: string[],
): Promise<void> {
  if (way === undefined || recipients.length === 0) return;
  const hasNext = next.length > 0;
  try {
    const { onward } = await tryWay(to, work, way, { recipients, hasNext });
    await attemptDelivery(to, work, next, onward);
  } catch (error) {
    if (!(error instanceof BodyDamaged)) throw error;
    await end(to, work, { recipients, reason: "storage_error", detail: error.message });
  }
}

async function end(to: Neighbours, work: WorkEvent, how: Omit<End, "time">): Promise<void> {
  const fact = givenUp(work, { ...how, time: new Date(to.now()).toISOString() });
  await to.events.append(fact);
  tell(to.log, fact);
}

async function carryOut(to: Neighbours, work: WorkEvent, { way, recipients }: Plan): Promise<void> {
  switch (way.action) {
    case "send":
      return attemptDelivery(to, work, waysOf(way), recipients);
    case "reject": {
      const { reason: detail, route } = way;
      return end(to, work, { recipients, reason: "rejected", detail, route });
    }
    case "none": {
      const detail = "no provider is configured for this tenant";
      return end(to, work, { recipients, reason: "no_route", detail, route: way.route });
    }
  }
}

/**
 * Whether a tenant was there and is not any more: what it said of its mail, where all of it is to go
 * instead included, is gone with it. One that nobody has heard of may be new, and its fact on its way.
 */
const isDeleted = ({ directory }: Neighbours, tenant: string): boolean =>
  directory.tenant(tenant) === undefined && directory.lastSeq(tenant, "tenant", tenant) > 0;

/** Resolves or rejects when all have ended, so that none goes on behind an item that was put back. */
async function allEnded(works: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(works);
  const failed = results.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/**
 * Delivers a work item: to the recipients that are still open, each by the way its tenant's routing
 * says; resolves when every outcome is recorded. Rejects, and so puts the item back, only while
 * something was not sent; what was sent is recorded by then.
 */
export function makeDeliver(to: Neighbours): Handle {
  return async ({ work, known }: Delivery) => {
    const unsaid = endedUnsaid(work, known);
    const ambiguous = { reason: "ambiguous", detail: "no reply to the message" } as const;
    if (unsaid.length > 0) await end(to, work, { recipients: unsaid, ...ambiguous });
    const recipients = openRecipients(work, known).filter((one) => !unsaid.includes(one));
    if (recipients.length > 0 && isDeleted(to, work.tenant))
      return end(to, work, { recipients, reason: "tenant_deleted", detail: "it was deleted" });
    const plans = plansOf(work, recipients, to.directory, to.environment);
    await allEnded(plans.map((plan) => carryOut(to, work, plan)));
  };
}
