import type { TokenError } from "@waybill/runtime/outbound";
import type { Verdict } from "./outcomes.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What it means that no token could be had: nothing was sent. */
export function withoutToken({ kind, message: response, retryAfter }: TokenError): Verdict {
  const category = kind === "auth" ? "auth_required" : "network";
  const wait = retryAfterMs(retryAfter);
  return { class: kind, category, response, ...(wait && { retryAfterMs: wait }) };
}
