import { addressList } from "../address-list.ts";
import type { WorkEvent } from "../events.ts";

/** The fields that name who a mail is from (RFC 5322 3.6.2). */
const FIELDS = ["from", "sender", "reply-to"];

/** What looks like an address, in a field that is no list of them. */
const LIKE_AN_ADDRESS = /[^\s<>()[\],;:"]+@[^\s<>()[\],;:"]+/g;

/** The addresses that a field names, whether it is as the standard wants it or not. */
function addressesIn(field: string): string[] {
  const mailboxes = addressList(field);
  if (mailboxes === undefined) return field.match(LIKE_AN_ADDRESS) ?? [];
  return mailboxes.map(({ local, domain }) => `${local}@${domain}`);
}

/** The addresses that a mail is from: of the envelope, and of the header fields that the log holds of it. */
export function sendersOf(event: WorkEvent): string[] {
  const { envelope, routing } = event;
  const asked = FIELDS.map((name) => routing.fields[name] ?? "");
  const fields = event.type === "accepted" ? [event.header.from, ...asked] : asked;
  return [envelope.from, ...fields.flatMap(addressesIn)].filter((one) => one !== "");
}
