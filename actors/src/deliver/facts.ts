import type {
  DeadReason,
  DeadLettered,
  Known,
  OutcomeEvent,
  Outcome,
  RecipientsDelivered,
  RetryDue,
  RouteTaken,
  WorkEvent,
} from "@waybill/schemas";

/** One attempt, as it went. */
export type Attempted = {
  work: WorkEvent;
  provider: { id: string; kind: string };
  route: RouteTaken;
  outcomes: readonly Outcome[];
  durationMs: number;
  /** The time so many milliseconds after the attempt's end, ISO 8601. */
  after: (milliseconds: number) => string;
  /** 0 to 1, spreads the next attempt. */
  random: number;
  /** No answer was waited for any longer, as this process stops. */
  isCut?: boolean;
  /** Those of whom it is recorded already that they were delivered to. */
  recorded?: ReadonlySet<string>;
};

/** Whom outcomes are of. */
export const addressesOf = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((one) => one.recipient);

const baseOf = ({ messageId, tenant, traceId, attempt }: WorkEvent, time: string) => ({
  messageId,
  tenant,
  traceId,
  attempt,
  time,
});

function attemptOf({ work, provider, route, durationMs, after }: Attempted, outcomes: Outcome[]) {
  return { ...baseOf(work, after(0)), provider, route, durationMs, outcomes };
}

/** The recipients that a provider took, if any. */
export const delivered = (attempted: Attempted, outcomes: Outcome[]): RecipientsDelivered[] =>
  outcomes.length === 0 ? [] : [{ type: "delivered", ...attemptOf(attempted, outcomes) }];

/** Recipients that are tried again, if any. */
export function triedAgain(
  attempted: Attempted,
  type: "failed" | "ambiguous",
  outcomes: Outcome[],
  retryAt: string,
): OutcomeEvent[] {
  return outcomes.length === 0 ? [] : [{ type, ...attemptOf(attempted, outcomes), retryAt }];
}

/** Recipients to whom nothing was sent, and who are tried by the next way at once, if any. */
export const wentOn = (attempted: Attempted, outcomes: Outcome[]): OutcomeEvent[] =>
  outcomes.length === 0
    ? []
    : [{ type: "failed", ...attemptOf(attempted, outcomes), wentOn: true }];

/** Recipients whose last attempt this was, if any: how it went, and why it was the last. */
export function ended(
  attempted: Attempted,
  type: "failed" | "ambiguous",
  outcomes: Outcome[],
  reason: DeadReason,
): OutcomeEvent[] {
  const [first] = outcomes;
  if (first === undefined) return [];
  const recipients = addressesOf(outcomes);
  const end = givenUp(attempted.work, {
    recipients,
    reason,
    detail: first.response,
    time: attempted.after(0),
  });
  return [{ type, ...attemptOf(attempted, outcomes) }, end];
}

/** How recipients ended. */
export type End = {
  recipients: string[];
  reason: DeadReason;
  detail: string;
  time: string;
  /** Where the rules ended them. */
  route?: RouteTaken;
};

/** The end of recipients, also of those that could not be tried. */
export function givenUp(work: WorkEvent, { time, ...how }: End): DeadLettered {
  return { type: "deadlettered", ...baseOf(work, time), ...how };
}

/** How often a work item has waited for its attempt. */
export const timesWaited = (work: Known | WorkEvent): number =>
  work.type === "due" ? (work.waiting?.times ?? 0) : 0;

/** Since when a work item waits for its attempt; undefined when it has not waited yet. */
export const waitingSince = (work: WorkEvent): string | undefined =>
  work.type === "due" ? work.waiting?.since : undefined;

/** For whom nobody was let carry mail, until when that is so, and since when. */
type Wait = { recipients: readonly string[]; until: number; for: string[]; since: string };

/** The work item that makes the same attempt later. */
export function dueAfterPause(work: WorkEvent, wait: Wait): RetryDue {
  const { messageId, tenant, traceId, attempt, rung, envelope, body, routing } = work;
  return {
    type: "due",
    messageId,
    tenant,
    traceId,
    time: new Date(wait.until).toISOString(),
    attempt,
    rung,
    envelope: { ...envelope, recipients: [...wait.recipients] },
    body,
    routing,
    waiting: { times: timesWaited(work) + 1, for: wait.for, since: wait.since },
  };
}

/** The work item that tries recipients again. */
export function dueAgain({ work }: Attempted, outcomes: Outcome[], time: string): RetryDue {
  const { messageId, tenant, traceId, attempt, rung, envelope, body, routing } = work;
  const [next, higher] = [attempt + 1, rung + 1];
  const open = { ...envelope, recipients: addressesOf(outcomes) };
  return {
    type: "due",
    messageId,
    tenant,
    traceId,
    time,
    attempt: next,
    rung: higher,
    envelope: open,
    body,
    routing,
  };
}
