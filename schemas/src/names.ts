import { z } from "zod";

/** A tenant's name: safe as a subject token and in a URL. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, "1 to 40 characters out of a-z, 0-9 and -");
export type Slug = z.infer<typeof Slug>;

/** The tenant that holds what belongs to the installation: its administrators and its system-wide providers. */
export const PLATFORM: Slug = "platform";

/** A message's id: a ULID, so that ids sort by the time of acceptance. */
export const MessageId = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, "a ULID of 26 characters");
export type MessageId = z.infer<typeof MessageId>;

/** A moment in UTC, ISO 8601 with milliseconds. */
export const Timestamp = z.iso.datetime();
export type Timestamp = z.infer<typeof Timestamp>;

const SAFE = /^[A-Za-z0-9-]$/;

/**
 * Encodes any text as one subject token: letters, digits and `-` stay, every other byte of its
 * UTF-8 form becomes `_hh`. Reversible with `decodeToken`; the empty text becomes `_`.
 */
export function encodeToken(text: string): string {
  if (text === "") return "_";
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const char = String.fromCharCode(byte);
    return SAFE.test(char) ? char : `_${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/** The text that `encodeToken` made the token of. */
export function decodeToken(token: string): string {
  if (token === "_") return "";
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at += 1) {
    if (token[at] === "_") {
      bytes.push(Number.parseInt(token.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(token.charCodeAt(at));
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
