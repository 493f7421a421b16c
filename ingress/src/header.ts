import { endOfComment } from "@waybill/schemas";
import { fieldText } from "./fields.ts";
import type { Field } from "./header-reader.ts";

/**
 * What a client must not hand through: Bcc, which would tell recipients of each other, and the
 * fields by which a provider, or this relay, is steered. The Resent-* of RFC 5322 3.6.6 stay.
 */
const REMOVED = new RegExp(
  `^(?:${[
    "bcc|resent-bcc|return-path|x-smtpapi",
    "(?:x-(?:ses|mailgun|pm|msys|mc|mailjet|mj|relay|waybill)|resend)-.*",
  ].join("|")})$`,
);

/** Where a text begins past white space and comments (RFC 5322 3.2.2); its end when one does not end. */
function pastComments(text: string): number {
  for (let at = text.search(/\S|$/); ; at += text.slice(at).search(/\S|$/)) {
    if (text[at] !== "(") return at;
    at = endOfComment(text, at) ?? text.length;
  }
}

/** The authserv-id of an Authentication-Results field (RFC 8601 2.2); empty when none can be read. */
function authservId(field: Field): string {
  const text = fieldText([field], field.name);
  const [, id = ""] = /^"?([^\s;"(]*)/.exec(text.slice(pastComments(text))) ?? [];
  return id.toLowerCase();
}

/** One that cannot be read is taken for forged: others may read our name in it. */
const isForged = (field: Field, hostname: string): boolean =>
  field.name === "authentication-results" &&
  ["", hostname.toLowerCase()].includes(authservId(field));

/** Who relays, what for, and the trace line that says so. */
export type Stamp = { received: string; hostname: string; messageId: string; date: Date };

/** A date of RFC 5322 3.3, in UTC. */
export const mailDate = (date: Date): string => date.toUTCString().replace("GMT", "+0000");

const missing = ({ hostname, messageId, date }: Stamp): Record<string, string> => ({
  date: `Date: ${mailDate(date)}\r\n`,
  "message-id": `Message-ID: <${messageId}@${hostname}>\r\n`,
});

/**
 * The header section that is kept: the Received field on top, then every field that came and is not
 * removed, byte for byte and in its order, then Date and Message-ID when they were missing
 * (RFC 6409 8), and the empty line.
 */
export function rewriteHeader(fields: readonly Field[], stamp: Stamp): Buffer {
  const kept = fields.filter(({ name }) => !REMOVED.test(name));
  const honest = kept.filter((field) => !isForged(field, stamp.hostname));
  const added = Object.entries(missing(stamp)).filter(
    ([name]) => !fields.some((field) => field.name === name),
  );
  return Buffer.concat([
    Buffer.from(stamp.received),
    ...honest.flatMap(({ lines }) => lines),
    Buffer.from(`${added.map(([, line]) => line).join("")}\r\n`),
  ]);
}
