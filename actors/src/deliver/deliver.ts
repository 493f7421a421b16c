import {
  BodyDamaged,
  type BodyStore,
  type Delivery,
  type Handle,
  type Log,
  type Logger,
} from "@waybill/runtime";
import {
  DEFAULT_LADDER,
  type DeadReason,
  type FactEvent,
  type Outcome,
  type Provider as Settings,
  type Tenant,
  type WorkEvent,
} from "@waybill/schemas";
import type { Provider } from "../providers/provider.ts";
import { decide, endedUnsaid, openRecipients, type Decision, type RetryPolicy } from "./decide.ts";
import { givenUp } from "./facts.ts";
import { resolveRoute, type Routes } from "./route.ts";

/** What delivery is given; the clock and chance included. */
export type Neighbours = {
  events: Log;
  bodies: BodyStore;
  directory: Routes & { tenant(slug: string): Tenant | undefined };
  providers: { get(owner: string, settings: Settings): Provider };
  /** The provider that the operator named in the environment. */
  environment?: Settings | undefined;
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
  random: () => number;
};

/** Milliseconds between two tries to record what has happened already. */
const RECORD_AGAIN = 500;

/**
 * What has happened outside must be recorded, however long the log is away: giving up would send
 * the mail again.
 */
async function untilRecorded<T>(log: Logger, record: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await record();
    } catch (error) {
      log.warn({ err: error }, "outcome not recorded yet");
      await new Promise((resolve) => setTimeout(resolve, RECORD_AGAIN));
    }
  }
}

const policyOf = (tenant: Tenant | undefined): RetryPolicy => ({
  ladder: tenant?.retryLadder ?? DEFAULT_LADDER,
  onAmbiguous: tenant?.onAmbiguous ?? "retry",
});

async function recordAll({ events, log }: Neighbours, decision: Decision): Promise<void> {
  const append = (fact: FactEvent) => untilRecorded(log, () => events.append(fact));
  const { retry } = decision;
  const timer = retry && untilRecorded(log, () => events.schedule(retry.due, new Date(retry.at)));
  await Promise.all([timer, ...decision.delivered.map(append)]);
  for (const fact of decision.facts) {
    await append(fact);
    tell(log, fact);
  }
}

/** One line for what was not delivered; recipients are in the event. */
function tell(log: Logger, fact: FactEvent): void {
  const { type, messageId, tenant, traceId, attempt } = fact;
  const words = fact.type === "deadlettered" ? fact.detail : fact.outcomes[0]?.response;
  log.info({ event: type, messageId, tenant, traceId, attempt, reply: words }, "not delivered");
}

function send(
  provider: Provider,
  work: WorkEvent,
  recipients: string[],
  bodies: BodyStore,
): Promise<Outcome[]> {
  const { tenant, messageId, attempt, envelope, body } = work;
  return provider.send({
    tenant,
    messageId,
    attempt,
    from: envelope.from,
    recipients,
    size: body.size,
    body: () => bodies.read(tenant, body),
  });
}

async function attemptDelivery(
  to: Neighbours,
  provider: Provider,
  work: WorkEvent,
  recipients: string[],
): Promise<void> {
  const started = to.now();
  const outcomes = await send(provider, work, recipients, to.bodies);
  const ended = to.now();
  const after = (milliseconds: number) => new Date(ended + milliseconds).toISOString();
  const { id, kind } = provider;
  const attempted = {
    work,
    provider: { id, kind },
    outcomes,
    durationMs: ended - started,
    after,
    random: to.random(),
  };
  await recordAll(to, decide(attempted, policyOf(to.directory.tenant(work.tenant))));
}

/**
 * Delivers a work item: to the recipients that are still open, through the provider its tenant's
 * routing resolves to; resolves when every outcome is recorded. Rejects, and so puts the item back,
 * only while nothing was sent.
 */
export function makeDeliver(to: Neighbours): Handle {
  const end = async (work: WorkEvent, recipients: string[], reason: DeadReason, detail: string) => {
    const fact = givenUp(work, recipients, reason, detail, new Date(to.now()).toISOString());
    await to.events.append(fact);
    tell(to.log, fact);
  };
  return async ({ work, known }: Delivery) => {
    const unsaid = endedUnsaid(work, known);
    if (unsaid.length > 0) await end(work, unsaid, "ambiguous", "no reply to the message");
    const recipients = openRecipients(work, known).filter((one) => !unsaid.includes(one));
    if (recipients.length === 0) return;
    const route = resolveRoute(work.tenant, to.directory, to.environment);
    if (route === undefined)
      return end(work, recipients, "no_route", "no provider is configured for this tenant");
    const provider = to.providers.get(route.owner, route.settings);
    await attemptDelivery(to, provider, work, recipients).catch((error: unknown) => {
      if (error instanceof BodyDamaged)
        return end(work, recipients, "storage_error", error.message);
      throw error;
    });
  };
}
