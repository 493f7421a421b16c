import { oneLine } from "./delivery-status.ts";
import type { Part } from "./part.ts";
import type { Said } from "./said.ts";

/** What servers write that send a failure in words alone: in the header, or at the head of the text. */
const FAILURES: readonly RegExp[] = [
  /^Hi\. This is the qmail-send program/m,
  /Remote Server returned ['"]/i,
  /This message was created automatically by mail delivery software/i,
];

/** A reply with its codes, up to the end of its line. */
const REPLY = /\b[45]\d\d[ -](?:#)?[45]\.\d{1,3}\.\d{1,3}\b[^'"\r\n]*|\b5[05]\d [^'"\r\n]*/;

const DELAYED = /THIS IS A WARNING MESSAGE ONLY|message delayed|delivery delayed/i;

/**
 * What a failure in words alone says: of qmail, of Exchange, and of Exim (`X-Failed-Recipients`).
 * Undefined for every other mail, as an answer of a machine (RFC 3834) is.
 */
export function plainStatusIn({ fields, text }: Part, parts: readonly Part[]): Said | undefined {
  const words = parts.find(({ type }) => type === "text/plain")?.text ?? text;
  const isNamed = fields.has("x-failed-recipients");
  if (!isNamed && !FAILURES.some((one) => one.test(words))) return undefined;
  const response = oneLine(REPLY.exec(words)?.[0] ?? "") || "failed, without a reason";
  const enhanced = /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(response)?.[0];
  const action = DELAYED.test(words.slice(0, 2000)) ? "delayed" : "failed";
  return { action, response, ...(enhanced && { enhanced }) };
}
