import { domainToASCII } from "node:url";

/**
 * An address with its domain as the DNS has it (RFC 5890), in lower case; the local part is the
 * business of its domain (RFC 5321 2.4). Two spellings of a mailbox become one.
 */
export function asciiDomain(address: string): string {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  return `${address.slice(0, at + 1)}${domainToASCII(domain) || domain.toLowerCase()}`;
}

/** Whether a local part needs SMTPUTF8 (RFC 6531), which no JSON interface has. */
export const hasAsciiLocalPart = (address: string): boolean =>
  // oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
  /^[\x00-\x7F]*$/.test(address.slice(0, address.lastIndexOf("@")));
