const BCC = /^(?:resent-)?bcc[ \t]*:.*\r\n(?:[ \t].*\r\n)*/gim;

/**
 * The message without its fields `Bcc` and `Resent-Bcc`, every other octet as it was: for a service that
 * takes the envelope by itself and shows the header as it came (RFC 5322 3.6.3).
 * @param raw with CRLF line ends
 */
export function withoutBcc(raw: Buffer): Buffer {
  const empty = raw.indexOf("\r\n\r\n");
  const end = empty === -1 ? raw.length : empty + 2;
  const header = raw.subarray(0, end).toString("latin1");
  const kept = header.replaceAll(BCC, "");
  return kept === header ? raw : Buffer.concat([Buffer.from(kept, "latin1"), raw.subarray(end)]);
}
