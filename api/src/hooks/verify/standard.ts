import { createHmac } from "node:crypto";
import {
  bytesOf,
  fieldOf,
  type HookCall,
  isSameText,
  isWithin,
  millisecondsOf,
  refused,
  type Verdict,
} from "../call.ts";

const SPAN = { past: 5 * 60_000, future: 5 * 60_000 };
const PREFIX = "whsec_";
/** Signatures of one call that are looked at: of one key each, while keys are replaced. */
const MOST = 8;

/** The key in a secret; undefined when there is none of 24 to 64 bytes. */
export function standardKey(secret: string): Buffer | undefined {
  const bytes = bytesOf(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
  return bytes !== undefined && bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

/** The three header fields, under either of the names they go by. */
function fieldsOf(call: HookCall) {
  const family = fieldOf(call, "webhook-id") === undefined ? "svix" : "webhook";
  const field = (name: string) => fieldOf(call, `${family}-${name}`) ?? "";
  return { id: field("id"), timestamp: field("timestamp"), signatures: field("signature") };
}

/**
 * Verifies a call by Standard Webhooks 1.0 (`v1`, HMAC-SHA256 over `id.timestamp.body`), as Svix and so
 * Resend sign: any of the secrets that are in use, with any signature that is given.
 */
export function verifyStandard(call: HookCall, secrets: readonly string[]): Verdict {
  const { id, timestamp, signatures } = fieldsOf(call);
  const at = millisecondsOf(timestamp);
  if (!/^[!-~]{1,200}$/.test(id) || at === undefined) return refused("forged");
  const given = signatures.split(" ").slice(0, MOST);
  const isSigned = secrets.some((secret) => {
    const key = standardKey(secret);
    if (key === undefined) return false;
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(call.body);
    const expected = `v1,${mac.digest("base64")}`;
    return given.some((one) => isSameText(one, expected));
  });
  if (!isSigned) return refused("forged");
  return isWithin(at, call.now, SPAN) ? { id } : refused("stale");
}
