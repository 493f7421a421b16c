import type { Outcome } from "@waybill/schemas";
import type { Attempt } from "./provider.ts";

/** What the library refuses an envelope for, though a quoted local part may have `<` and `>` (RFC 5321, 4.1.2). */
const REFUSED = /[\r\n<>]/;

const WITH = 'an address with "<" or ">" in it';

const refusedTo = (recipient: string): Outcome => ({
  recipient,
  class: "permanent_recipient",
  category: "protocol",
  response: `this relay cannot send by SMTP to ${WITH}`,
});

const refusedFrom = (recipient: string): Outcome => ({
  recipient,
  class: "permanent_message",
  category: "protocol",
  response: `this relay cannot send by SMTP from ${WITH}`,
});

/** Sends to those recipients of an attempt whose addresses the library carries; the others have their outcome. */
export async function sendCarried(
  attempt: Attempt,
  send: (carried: Attempt) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  if (REFUSED.test(attempt.from)) return attempt.recipients.map(refusedFrom);
  const refused = attempt.recipients.filter((one) => REFUSED.test(one)).map(refusedTo);
  const recipients = attempt.recipients.filter((one) => !REFUSED.test(one));
  return recipients.length === 0
    ? refused
    : [...refused, ...(await send({ ...attempt, recipients }))];
}
