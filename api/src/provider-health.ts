import type { OutcomeClass } from "@waybill/schemas";
import type { ProviderHealth } from "./shapes/provider-check.ts";

/** An attempt by a provider. */
export type Tried = { at: string; class: OutcomeClass; response: string };

/** Attempts in a row without one that got through, after which a provider counts as down. */
export const DOWN_AFTER = 5;

/** Whether the provider was at fault, or away, and not the recipient or the message. */
const isTrouble = (tried: Tried): boolean =>
  tried.class !== "accepted" && !tried.class.startsWith("permanent_");

function stateOf(last: readonly Tried[]): ProviderHealth["state"] {
  const [newest] = last;
  if (newest === undefined) return "unknown";
  if (!isTrouble(newest)) return "up";
  return last.length === DOWN_AFTER && last.every(isTrouble) ? "down" : "failing";
}

/** @param tried the newest first; of each class at least the last {@link DOWN_AFTER}, or all */
export function healthOf(tried: readonly Tried[]): ProviderHealth {
  const success = tried.find((one) => one.class === "accepted");
  const error = tried.find(isTrouble);
  return {
    state: stateOf(tried.slice(0, DOWN_AFTER)),
    lastSuccess: success === undefined ? null : { at: success.at },
    lastError: error ?? null,
  };
}
