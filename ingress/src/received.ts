import { addressLiteral } from "./client-address.ts";
import { mailDate } from "./header.ts";

/** What a Received field tells of how a message came. */
export type Trace = {
  helo: string;
  address: string;
  hostname: string;
  messageId: string;
  date: Date;
  esmtp: boolean;
  utf8: boolean;
  tls: boolean;
  authenticated: boolean;
};

/** The transmission type registered for it: RFC 3848, RFC 6531 4.3. */
export function transmissionType({ esmtp, utf8, tls, authenticated }: Trace): string {
  if (!esmtp) return "SMTP";
  return `${utf8 ? "UTF8SMTP" : "ESMTP"}${tls ? "S" : ""}${authenticated ? "A" : ""}`;
}

/** What a client called itself, if that is a domain or an address literal; it is not verified. */
const heloName = (helo: string): string =>
  /^[a-z0-9._-]{1,255}$|^\[[a-z0-9:.]{1,60}\]$/i.test(helo) ? helo : "unknown";

/** The Received field of RFC 5321 4.4. It says that a client authenticated, never as whom. */
export const receivedField = (trace: Trace): string =>
  [
    `Received: from ${heloName(trace.helo)} (${addressLiteral(trace.address)})`,
    `\tby ${trace.hostname} with ${transmissionType(trace)} id ${trace.messageId};`,
    `\t${mailDate(trace.date)}\r\n`,
  ].join("\r\n");
