/** What a tenant's name looks like: safe as a subject token and in a URL. */
export const SLUG = /^[a-z0-9-]{1,40}$/;

/** What a message's id looks like: a ULID. */
export const MESSAGE_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

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
