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

/** The authserv-id of an Authentication-Results field (RFC 8601 2.2): its first word past comments. */
function authservId(field: Field): string {
  let text = fieldText([field], field.name);
  for (let before = ""; before !== text;) {
    before = text;
    text = text.replaceAll(/\([^()]*\)/g, " ");
  }
  return (/^[\s"]*([^\s;"]*)/.exec(text)?.[1] ?? "").toLowerCase();
}

const isForged = (field: Field, hostname: string): boolean =>
  field.name === "authentication-results" && authservId(field) === hostname.toLowerCase();

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
