import { createHmac } from "node:crypto";
import { z } from "zod";
import {
  type HookCall,
  isSameText,
  isWithin,
  jsonIn,
  millisecondsOf,
  refused,
  type Verdict,
} from "../call.ts";

/** As long as Mailgun tries a call again, and one hour. */
const SPAN = { past: 9 * 60 * 60_000, future: 5 * 60_000 };

/** Ten digits: what is signed has no mark between the timestamp and the token. */
const Signature = z.object({
  timestamp: z.string().regex(/^\d{10}$/),
  token: z.string().regex(/^[!-~]{1,100}$/),
  signature: z.string().max(64),
});
const Body = z.object({ signature: Signature });

/**
 * Verifies a call of Mailgun's: HMAC-SHA256 over timestamp and token. It does not cover the event, so
 * the token is the call's id: whoever comes with it again and says something else is refused.
 */
export function verifyMailgun(call: HookCall, secrets: readonly string[]): Verdict {
  const { data } = Body.safeParse(jsonIn(call.body.toString("utf8")));
  if (data === undefined) return refused("forged");
  const { timestamp, token, signature } = data.signature;
  const isSigned = secrets.some((secret) => {
    const mac = createHmac("sha256", secret).update(timestamp).update(token);
    return isSameText(signature, mac.digest("hex"));
  });
  if (!isSigned) return refused("forged");
  return isWithin(millisecondsOf(timestamp) ?? 0, call.now, SPAN)
    ? { id: token }
    : refused("stale");
}
