import type { BreakerReason } from "@waybill/schemas";
import type { Signal } from "./signal.ts";

/** Attempts in a row that found nobody, after which a provider is left alone. */
const OPENS_AFTER = 5;

/** Milliseconds a probe may take before another one may take its place: its process may have died. */
export const PROBE_PATIENCE = 300_000;

/** Times are milliseconds since 1970; `since` is when it was closed last. */
type Left = { reason: BreakerReason; since: number; until: number; opens: number };

/**
 * `closed` counts the attempts in a row that found nobody. `open` lets nothing through before
 * `until`. `half_open` has let one mail through, the probe, and lets no other before `until`.
 */
export type State =
  | { state: "closed"; failures: number; since?: number }
  | ({ state: "open" } & Left)
  | ({ state: "half_open"; probe: string } & Left);

/** What is known as a breaker changes. */
export type Moment = {
  now: number;
  /** Seconds that it stays open, by how often it was opened; the last one stays. */
  ladder: readonly number[];
};

export const CLOSED: State = { state: "closed", failures: 0 };

/** Milliseconds: what the ladder says of that many times. */
export const stepOf = (opens: number, ladder: readonly number[]): number =>
  (ladder[opens - 1] ?? ladder.at(-1) ?? 0) * 1000;

/** Milliseconds that a provider is left alone: as many as it asked for itself. */
function pauseOf(signal: Signal, opens: number, ladder: readonly number[]): number {
  const own = signal.kind === "paused" ? signal.forMs : undefined;
  return own ?? stepOf(opens, ladder);
}

function open(left: Omit<Left, "until">, signal: Signal, at: Moment): State {
  return { state: "open", ...left, until: at.now + pauseOf(signal, left.opens, at.ladder) };
}

const openFirst = (signal: Signal & { reason: BreakerReason }, at: Moment): State =>
  open({ reason: signal.reason, since: at.now, opens: 1 }, signal, at);

/** What an attempt that a closed breaker let through says. */
function hearClosed(state: State & { state: "closed" }, signal: Signal, at: Moment): State {
  switch (signal.kind) {
    case "works":
      return state.failures === 0 ? state : { ...state, failures: 0 };
    case "away": {
      const failures = state.failures + 1;
      return failures < OPENS_AFTER ? { ...state, failures } : openFirst(signal, at);
    }
    case "refused":
    case "paused":
      return openFirst(signal, at);
    case "unknown":
      return state;
  }
}

/** What the probe says: it decides alone, whatever was sent before it and is answered only now. */
function hearProbe(state: State & { state: "half_open" }, signal: Signal, at: Moment): State {
  const { since, opens, reason } = state;
  switch (signal.kind) {
    case "works":
      return { ...CLOSED, since: at.now };
    case "away":
    case "refused":
    case "paused":
      return open({ since, opens: opens + 1, reason: signal.reason }, signal, at);
    case "unknown":
      return open({ since, opens, reason }, signal, at);
  }
}

/**
 * What a breaker becomes by what an attempt says.
 * @param probe the token of the attempt, when it was let through as the probe
 */
export function hear(state: State, signal: Signal, at: Moment, probe?: string): State {
  switch (state.state) {
    case "closed":
      return hearClosed(state, signal, at);
    case "open":
      return state;
    case "half_open":
      return state.probe === probe ? hearProbe(state, signal, at) : state;
  }
}

/** Whether a mail may be let through now; of what is not closed, as its probe. */
export const lets = (state: State, { now }: Moment, isChanged: boolean): boolean =>
  state.state === "closed" || now >= state.until || (isChanged && state.state === "open");

/** What a breaker becomes as it lets a mail through. */
export function letThrough(state: State, { now }: Moment, probe: string): State {
  if (state.state === "closed") return state;
  const { reason, opens, since } = state;
  return { state: "half_open", probe, reason, opens, since, until: now + PROBE_PATIENCE };
}
