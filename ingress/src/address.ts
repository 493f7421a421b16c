import { isIPv4, isIPv6 } from "node:net";

// RFC 6531 3.3 adds all of UTF-8 beyond ASCII; what cannot be seen is left out, except the joiners.
const UTF8 = String.raw`[\u200C\u200D]|[^\x00-\x7F\p{Cc}\p{Cf}\p{Cs}\p{Z}]`;
const ATEXT = String.raw`(?:[\w!#$%&'*+/=?^\x60{|}~-]|${UTF8})`;
const DOT_STRING = String.raw`${ATEXT}+(?:\.${ATEXT}+)*`;
const QUOTED_STRING = String.raw`"(?:[ !#-\[\]-~]|\\[ -~]|${UTF8})*"`;
const LET_DIG = `(?:[A-Za-z0-9]|${UTF8})`;
const LABEL = `${LET_DIG}+(?:-+${LET_DIG}+)*`;
const DOMAIN = String.raw`${LABEL}(?:\.${LABEL})*`;
const LITERAL = String.raw`\[[0-9A-Za-z:.]+\]`;
const ROUTE = String.raw`@${DOMAIN}(?:,@${DOMAIN})*:`;
const MAILBOX = `(${DOT_STRING}|${QUOTED_STRING})@(${DOMAIN}|${LITERAL})`;
const PATH = new RegExp(`^<(?:${ROUTE})?((?:${MAILBOX})?)>`, "u");

/** Octets (RFC 5321 4.5.3.1); a path has 256 with its angle brackets. */
const MAX = { local: 64, domain: 255, mailbox: 254, label: 63 };

const octets = (text: string): number => Buffer.byteLength(text);

const isAddressLiteral = (inside: string): boolean =>
  /^IPv6:/i.test(inside) ? isIPv6(inside.slice(5)) : isIPv4(inside);

const isDomain = (domain: string): boolean =>
  domain.startsWith("[")
    ? isAddressLiteral(domain.slice(1, -1))
    : octets(domain) <= MAX.domain &&
      domain.split(".").every((label) => octets(label) <= MAX.label);

/** A path taken off the front of a command's arguments. */
export type Path = { address: string; rest: string };

/**
 * Reads a Path (RFC 5321 4.1.2, with RFC 6531 for what is not ASCII): quoted local parts, address
 * literals and the null sender (the empty address) included. A source route is read and left out
 * (appendix C). Nothing is normalized: the address stays as it was written. The recipient
 * `<postmaster>` without a domain is refused, as there is no local host it could mean (RFC 6409 4.2).
 * @returns undefined when it is none, or breaks a limit of 4.5.3.1.
 */
export function readPath(text: string): Path | undefined {
  const [path, address = "", local = "", domain = ""] = PATH.exec(text) ?? [];
  if (path === undefined) return undefined;
  const rest = text.slice(path.length);
  if (address === "") return { address, rest };
  const fits = octets(local) <= MAX.local && octets(address) <= MAX.mailbox && isDomain(domain);
  return fits ? { address, rest } : undefined;
}

/** Whether an address needs SMTPUTF8. */
// oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
export const isAscii = (address: string): boolean => /^[\x00-\x7F]*$/.test(address);

/** What two spellings of one mailbox share: only the domain ignores case (RFC 5321 2.4). */
export function mailboxKey(address: string): string {
  const at = address.lastIndexOf("@");
  return address.slice(0, at) + address.slice(at).toLowerCase();
}
