import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** A call of a webhook as it came. */
export type HookCall = { headers: IncomingHttpHeaders; body: Buffer; now: Date };

/** Why a call changes nothing; counted apart for each webhook. */
export const REFUSALS = [
  "forged",
  "stale",
  "replayed",
  "foreignTopic",
  "malformed",
  "tooMany",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/**
 * Of a call that is what it says: an id that its repetition has too, and that no other call has which
 * the provider signed. Otherwise why it is refused.
 */
export type Verdict = { id: string; refused?: never } | { refused: Refusal };

export const refused = (why: Refusal): Verdict => ({ refused: why });

/** A header field that came once; undefined when it is missing. Several of a name are one text, which fits nothing. */
export const fieldOf = ({ headers }: HookCall, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
};

/** Compares texts in a time that tells nothing of where they differ. */
export const isSameText = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** SHA-256, hex. */
export const digestOf = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

/** The bytes of base64 in its one spelling (RFC 4648 3.5); undefined for anything else. */
export function bytesOf(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, "base64");
  return base64 !== "" && bytes.toString("base64") === base64 ? bytes : undefined;
}

/** Seconds of the Unix epoch in digits, as milliseconds; undefined for anything else. */
export const millisecondsOf = (seconds: string): number | undefined =>
  /^\d{1,12}$/.test(seconds) ? Number(seconds) * 1000 : undefined;

/** Milliseconds that a signed time may be behind and ahead of now. */
export type Span = { past: number; future: number };

export const isWithin = (time: number, now: Date, { past, future }: Span): boolean =>
  time >= now.getTime() - past && time <= now.getTime() + future;

/** What JSON says, or undefined. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
