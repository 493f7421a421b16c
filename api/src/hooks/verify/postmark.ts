import { digestOf, fieldOf, type HookCall, isSameText, refused, type Verdict } from "../call.ts";

/** How a call of Postmark's shows that it is one. */
export type PostmarkSecret = { username: string; header: string | undefined };

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

/**
 * Verifies a call of Postmark's, which signs nothing: HTTP Basic (RFC 7617), or a header field that the
 * webhook is set to send. Nothing in it is dated, so the whole body is the call's id.
 */
export function verifyPostmark(
  call: HookCall,
  { username, header }: PostmarkSecret,
  secrets: readonly string[],
): Verdict {
  const given = fieldOf(call, header?.toLowerCase() ?? "authorization") ?? "";
  const expected = (secret: string) => (header === undefined ? basic(username, secret) : secret);
  const isKnown = secrets.some((secret) => isSameText(digestOf(given), digestOf(expected(secret))));
  return isKnown ? { id: digestOf(call.body) } : refused("forged");
}
