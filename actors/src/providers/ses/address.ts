import { domainToASCII } from "node:url";

const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * An address as SES takes it: it knows no SMTPUTF8 (RFC 6531), so the domain is in its ASCII form
 * (RFC 5890) and an address whose local part has none is undefined.
 */
export function asciiAddress(address: string): string | undefined {
  if (PRINTABLE.test(address)) return address;
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = domainToASCII(address.slice(at + 1));
  return PRINTABLE.test(local) && domain !== "" ? `${local}@${domain}` : undefined;
}
