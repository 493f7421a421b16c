/** Original recipients that are written out; the events have all of them. */
const MOST_RECIPIENTS = 100;
/** Octets of a line without its CRLF (RFC 5322 2.1.1). */
const MOST_OCTETS = 998;

/** What is not printable ASCII as RFC 6533 3 writes it, so that no value ends its line. */
const printable = (text: string): string =>
  text.replaceAll(/[^ -~]/gu, (char) => `\\x{${char.codePointAt(0)?.toString(16).toUpperCase()}}`);

const field = (name: string, value: string): string =>
  `${`${name}: ${printable(value)}`.slice(0, MOST_OCTETS)}\r\n`;

/** The fields that tell whose a message is, and to whom it was meant to go before it was redirected. */
export function traceFields(
  { tenant, messageId }: { tenant: string; messageId: string },
  originals: readonly string[],
): Buffer {
  const lines = [
    field("X-Waybill-Tenant", tenant),
    field("X-Waybill-Message-Id", messageId),
    ...originals.slice(0, MOST_RECIPIENTS).map((one) => field("X-Waybill-Original-Recipient", one)),
  ];
  return Buffer.from(lines.join(""));
}
