import { BodyDamaged } from "@waybill/runtime";
import {
  DEFAULT_LADDER,
  domainOf,
  type Provider as Settings,
  type Tenant,
  type Way,
  type WorkEvent,
} from "@waybill/schemas";
import type { Pass } from "../breaker/breakers.ts";
import type { Use } from "../breaker/guards.ts";
import { carry, mustEnd } from "./carry.ts";
import { decide, heardIn, type Decision, type RetryPolicy } from "./decide.ts";
import type { Neighbours } from "./deliver.ts";
import { end } from "./end.ts";
import { dueAfterPause, type Attempted, waitingSince } from "./facts.ts";
import { recordAll } from "./record.ts";

type Try = (recipients: string[]) => Promise<Decision>;
type Ways = readonly Way<Settings>[];

const policyOf = (tenant: Tenant | undefined): RetryPolicy => ({
  ladder: tenant?.retryLadder ?? DEFAULT_LADDER,
  onAmbiguous: tenant?.onAmbiguous ?? "retry",
});

const useOf = ({ tenant, envelope }: WorkEvent, { owner, provider }: Way<Settings>): Use => ({
  tenant,
  owner,
  provider: provider.id,
  senderDomain: domainOf(envelope.from),
});

/** A sandbox plays what its recipients say: it is never left alone. */
const PLAYED: Pass = { settle: () => Promise.resolve() };

const isPlayed = ({ provider }: Way<Settings>): boolean => provider.type === "sandbox";

const passOf = async (to: Neighbours, work: WorkEvent, way: Way<Settings>) =>
  isPlayed(way) ? PLAYED : to.breakers.pass(useOf(work, way));

const mayGo = (to: Neighbours, work: WorkEvent, way: Way<Settings>): boolean =>
  isPlayed(way) || to.breakers.lets(useOf(work, way));

/** A pass is given back whatever becomes of the message. */
const orGiveBack = (pass: Pass, sending: Promise<Attempted>): Promise<Attempted> =>
  sending.catch(async (error: unknown) => {
    await pass.settle([]);
    throw error;
  });

/** Tries one way; resolves with what became of the recipients once it is recorded. */
async function tryWay(
  to: Neighbours,
  pass: Pass,
  sending: Promise<Attempted>,
  hasNext: () => boolean,
): Promise<Decision> {
  const attempted = await orGiveBack(pass, sending);
  const settled = pass.settle(heardIn(attempted));
  const tenant = to.directory.tenant(attempted.work.tenant);
  const decision = decide(attempted, policyOf(tenant), hasNext());
  await Promise.all([settled, recordAll(to, decision)]);
  return decision;
}

/**
 * Milliseconds for which an attempt waits for a provider: "at least 4-5 days" (RFC 5321, 4.5.4.1), and two days less
 * than bytes are kept by default, so that an operator can requeue what has expired.
 */
const LONGEST_WAIT = 5 * 86_400_000;

const EXPIRED = {
  reason: "expired",
  detail: "no provider that may be tried has been there for 5 days",
} as const;

/** Sets the same attempt for later, when one of the ways may be open again. */
async function wait(to: Neighbours, work: WorkEvent, ways: Ways, recipients: string[]) {
  const since = waitingSince(work) ?? new Date(to.now()).toISOString();
  if (to.now() >= Date.parse(since) + LONGEST_WAIT)
    return end(to, work, { recipients, ...EXPIRED });
  const pause = to.breakers.pauseOf(ways.map((way) => useOf(work, way)));
  const due = dueAfterPause(work, { recipients, ...pause, since });
  await to.events.schedule(due, new Date(pause.until));
  to.breakers.wakeIfClosed(work.tenant, pause.for);
}

/** Sets the same attempt for now: whoever works then makes it. */
async function giveBack(to: Neighbours, work: WorkEvent, recipients: string[]) {
  const now = to.now();
  const since = waitingSince(work) ?? new Date(now).toISOString();
  const due = dueAfterPause(work, { recipients, until: now, for: [], since });
  await to.events.schedule(due, new Date(now));
}

/** Resolves with the recipients that are left to the next way. */
async function tryOrEnd(to: Neighbours, work: WorkEvent, recipients: string[], tries: Try) {
  try {
    return (await tries(recipients)).onward;
  } catch (error) {
    if (!(error instanceof BodyDamaged)) throw error;
    await end(to, work, { recipients, reason: "storage_error", detail: error.message });
    return [];
  }
}

/**
 * Makes an attempt: tries the ways in their order, those that may be tried now, each after the first
 * for the recipients to whom the one before has sent nothing, and only once that is recorded. So a
 * crash in between repeats what sent nothing. Who is left when no way may be tried waits, and who is
 * left when this process must end is given back; the attempt is not spent. Resolves when what became
 * of every recipient is recorded.
 */
export async function attemptDelivery(
  to: Neighbours,
  work: WorkEvent,
  ways: Ways,
  recipients: string[],
): Promise<void> {
  let open = recipients;
  for (const [place, way] of ways.entries()) {
    const isOver = open.length === 0 || mustEnd(to);
    const pass = isOver ? undefined : await passOf(to, work, way);
    if (pass === undefined) continue;
    const hasNext = () => ways.slice(place + 1).some((one) => mayGo(to, work, one));
    const tries: Try = (whom) => tryWay(to, pass, carry(to, work, way, whom), hasNext);
    open = await tryOrEnd(to, work, open, tries);
  }
  if (open.length === 0) return;
  await (mustEnd(to) ? giveBack(to, work, open) : wait(to, work, ways, open));
}
