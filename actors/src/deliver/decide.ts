import {
  isFeedback,
  recipientsOf,
  type AmbiguityPolicy,
  type OutcomeEvent,
  type Known,
  type Outcome,
  type RetryDue,
  type WorkEvent,
} from "@waybill/schemas";
import {
  delivered,
  dueAgain,
  ended,
  timesWaited,
  triedAgain,
  wentOn,
  type Attempted,
} from "./facts.ts";

/** What a tenant wants done with what was not delivered. */
export type RetryPolicy = {
  /** Seconds before the next attempt, by position. */
  ladder: readonly number[];
  onAmbiguous: AmbiguityPolicy;
};

/** What is to be recorded: deliveries at once, the timer before the facts that speak of it. */
export type Decision = {
  delivered: OutcomeEvent[];
  retry?: { due: RetryDue; at: string };
  facts: OutcomeEvent[];
  /** Recipients to whom nothing was sent, for the next way to try. */
  onward: string[];
};

/** Retries spread over this part of their delay, so that a provider that comes back is not stormed. */
const JITTER = 0.2;

/** Whether what is known is set for later than the work item, which is the same attempt. */
const hasWaited = (known: Known, work: WorkEvent): boolean =>
  timesWaited(known) > timesWaited(work);

/**
 * Whether what is known has settled its recipients for this attempt: delivered, given up, or handed to
 * a timer. What others tell of its end settles it too: then some attempt got there.
 */
function settles(known: Known, work: WorkEvent): boolean {
  if (isFeedback(known)) return known.type !== "deferred";
  const { attempt } = work;
  switch (known.type) {
    case "delivered":
      return true;
    case "due":
      return known.attempt > attempt || (known.attempt === attempt && hasWaited(known, work));
    case "deadlettered":
    case "suppressed":
      return known.attempt >= attempt;
    case "failed":
    case "ambiguous":
      return known.attempt >= attempt && known.retryAt !== undefined;
  }
}

const whom = (known: Known): string[] =>
  known.type === "due" ? known.envelope.recipients : recipientsOf(known);

/** The recipients of a work item that what is known of its message leaves open; none when it was erased, as only what has ended is. */
export function openRecipients(work: WorkEvent, known: readonly Known[]): string[] {
  if (known.some((one) => one.erased)) return [];
  const settled = new Set(known.filter((one) => settles(one, work)).flatMap(whom));
  return work.envelope.recipients.filter((recipient) => !settled.has(recipient));
}

/**
 * Recipients whose last attempt is recorded as ambiguous and whose end is not: a crash came between.
 * They may have the message, so they are given up and not tried again.
 */
export function endedUnsaid(work: WorkEvent, known: readonly Known[]): string[] {
  const open = new Set(openRecipients(work, known));
  const last = known.filter((one) => one.type === "ambiguous" && one.attempt >= work.attempt);
  return last.flatMap(whom).filter((recipient) => open.has(recipient));
}

type Fate = "delivered" | "refused" | "retry" | "ambiguous";

function fateOf({ class: outcome }: Outcome): Fate {
  switch (outcome) {
    case "accepted":
      return "delivered";
    case "permanent_recipient":
    case "permanent_message":
      return "refused";
    case "ambiguous":
      return "ambiguous";
    case "retry":
    case "throttled":
    case "quota":
    case "auth":
    case "config":
      return "retry";
  }
}

/** Whether nothing was sent, and another provider may take it: it may also have another limit of size. */
const goesOn = (outcome: Outcome): boolean =>
  fateOf(outcome) === "retry" ||
  (outcome.class === "permanent_message" && outcome.category === "size");

/** Whether it says no more than that nobody answered, or was asked any more. */
const isSilence = ({ class: said, category, code }: Outcome): boolean =>
  (said === "retry" || said === "ambiguous") && category === "network" && code === undefined;

/** What an attempt says of its provider: silence when it was cut says nothing. */
export const heardIn = ({ outcomes, isCut = false }: Attempted): readonly Outcome[] =>
  isCut ? outcomes.filter((one) => !isSilence(one)) : outcomes;

/** When the outcomes are tried again; undefined when the ladder has ended. A provider's own wish is kept. */
function nextAttempt(
  again: Outcome[],
  attempted: Attempted,
  ladder: readonly number[],
): string | undefined {
  const seconds = ladder[attempted.work.rung];
  if (seconds === undefined) return undefined;
  const asked = Math.max(0, ...again.map((one) => one.retryAfterMs ?? 0));
  return attempted.after(Math.max(seconds * 1000 * (1 + JITTER * attempted.random), asked));
}

/**
 * What becomes of an attempt: each outcome is delivered, refused for good, tried again at the next
 * step of the ladder, or given up with its reason. An ambiguous one follows the tenant's policy and
 * is always recorded as what it is, and goes on with no other way: it may have been sent. With another
 * way to go on with, what would be tried again, or was too large, goes on with that at once. Of an
 * attempt that was cut, those to whom nothing was sent go on in any case: it is not spent. Who is
 * recorded already has no part in it.
 */
export function decide(
  attempted: Attempted,
  { ladder, onAmbiguous }: RetryPolicy,
  hasNext = false,
): Decision {
  const { outcomes: all, isCut, recorded } = attempted;
  const outcomes = all.filter(({ recipient }) => recorded?.has(recipient) !== true);
  const mayGoOn = (one: Outcome) => hasNext || (isCut === true && isSilence(one));
  const onward = outcomes.filter((one) => goesOn(one) && mayGoOn(one));
  const stayed = outcomes.filter((one) => !onward.includes(one));
  const fates = Map.groupBy(stayed, fateOf);
  const of = (fate: Fate): Outcome[] => fates.get(fate) ?? [];
  const resends = onAmbiguous === "retry";
  const later = of("retry");
  const again = resends ? [...later, ...of("ambiguous")] : later;
  const at = again.length === 0 ? undefined : nextAttempt(again, attempted, ladder);
  const failed = at
    ? triedAgain(attempted, "failed", later, at)
    : ended(attempted, "failed", later, "retries_exhausted");
  const unknown =
    at && resends
      ? triedAgain(attempted, "ambiguous", of("ambiguous"), at)
      : ended(attempted, "ambiguous", of("ambiguous"), resends ? "retries_exhausted" : "ambiguous");
  return {
    delivered: delivered(attempted, of("delivered")),
    ...(at && { retry: { due: dueAgain(attempted, again, at), at } }),
    facts: [
      ...ended(attempted, "failed", of("refused"), "refused"),
      ...failed,
      ...unknown,
      ...wentOn(attempted, onward),
    ],
    onward: onward.map(({ recipient }) => recipient),
  };
}
