import { createPublicKey, type KeyObject, verify } from "node:crypto";
import {
  bytesOf,
  digestOf,
  fieldOf,
  type HookCall,
  isWithin,
  millisecondsOf,
  refused,
  type Verdict,
} from "../call.ts";

const MINUTE = 60_000;
/** It is not known whether a retry, of which there may be some for a day, is signed anew. */
const SPAN = { past: 24 * 60 * MINUTE + 10 * MINUTE, future: 5 * MINUTE };

/** The verification key as SendGrid shows it; undefined when it is not one of P-256. */
export function sendgridKey(base64: string): KeyObject | undefined {
  const der = bytesOf(base64);
  if (der === undefined) return undefined;
  try {
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Verifies a call of SendGrid's signed event webhook: ECDSA with SHA-256 over the timestamp field and
 * the bytes of the body. A signature has other spellings that are as good, so the id is of what was signed.
 */
export function verifySendgrid(call: HookCall, publicKey: string): Verdict {
  const timestamp = fieldOf(call, "x-twilio-email-event-webhook-timestamp") ?? "";
  const signature = bytesOf(fieldOf(call, "x-twilio-email-event-webhook-signature") ?? "");
  const at = millisecondsOf(timestamp);
  const key = sendgridKey(publicKey);
  if (signature === undefined || at === undefined || key === undefined) return refused("forged");
  const signed = Buffer.concat([Buffer.from(timestamp), call.body]);
  if (!verify("sha256", signed, key, signature)) return refused("forged");
  return isWithin(at, call.now, SPAN) ? { id: digestOf(signed) } : refused("stale");
}
