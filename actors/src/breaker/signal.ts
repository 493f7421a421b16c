import type { BreakerReason, Outcome } from "@waybill/schemas";

/** What the outcomes of one attempt say of the provider. */
export type Signal =
  /** It answered, whatever it answered. */
  | { kind: "works" }
  /** Nobody was there, or fell silent. */
  | { kind: "away"; reason: BreakerReason }
  /** It does not serve us as we are set up. */
  | { kind: "refused"; reason: BreakerReason }
  /** It wants us to wait, so many milliseconds where it said. */
  | { kind: "paused"; reason: BreakerReason; forMs?: number }
  /** Nothing was learnt. */
  | { kind: "unknown" };

/** "Not now", and "no service here", of a server that has not let us in (RFC 5321 3.8, 3.1). */
const CLOSING = new Set([421, 554]);

/** Milliseconds, a day: what a provider may ask for at most. */
const LONGEST_PAUSE = 86_400_000;

const isAway = ({ class: said, category = "other", code = 0 }: Outcome): boolean => {
  if (said === "ambiguous" || said === "retry")
    return (
      category === "network" || (said === "retry" && category === "other" && CLOSING.has(code))
    );
  return false;
};

const isPause = ({ class: said }: Outcome): boolean => said === "throttled" || said === "quota";

/** A word with an address in it (RFC 5321 4.1.2), in any script, encoded for a URL or a return path too. */
const ADDRESS = /(?:"(?:[^"\\]|\\.)*"|[^\s<>"]*)(?:@|%40)[^\s<>"]*/gi;

/** Of a provider, not of a mail: whoever sees its state is to learn nobody's address, and it outlives an erasure. */
const reasonOf = ({ class: said, response }: Outcome): BreakerReason => ({
  class: said,
  response: response.replaceAll(ADDRESS, "[address]"),
});

function paused(outcomes: readonly Outcome[], first: Outcome): Signal {
  const asked = Math.max(0, ...outcomes.map(({ retryAfterMs = 0 }) => retryAfterMs));
  const forMs = Math.min(asked, LONGEST_PAUSE);
  return { kind: "paused", reason: reasonOf(first), ...(forMs > 0 && { forMs }) };
}

const tookSome = (outcomes: readonly Outcome[]): boolean =>
  outcomes.some((one) => one.class === "accepted");

/** What is learnt of a provider: one that took the mail for anybody works. Its settings are right, or wrong, for a sender domain. */
export function ofProvider(outcomes: readonly Outcome[]): Signal {
  if (tookSome(outcomes)) return { kind: "works" };
  const refusal = outcomes.find((one) => one.class === "auth");
  if (refusal !== undefined) return { kind: "refused", reason: reasonOf(refusal) };
  const pause = outcomes.find(isPause);
  if (pause !== undefined) return paused(outcomes, pause);
  const away = outcomes.find(isAway);
  return away === undefined ? { kind: "works" } : { kind: "away", reason: reasonOf(away) };
}

/** What is learnt of a provider for the sender's domain. */
export function ofSenderDomain(outcomes: readonly Outcome[]): Signal {
  if (tookSome(outcomes)) return { kind: "works" };
  const refusal = outcomes.find((one) => one.class === "config");
  if (refusal !== undefined) return { kind: "refused", reason: reasonOf(refusal) };
  const isSilent = outcomes.some((one) => one.class === "auth" || isPause(one) || isAway(one));
  return { kind: isSilent ? "unknown" : "works" };
}
