import { isIP } from "node:net";
import { domainToASCII } from "node:url";

/** A character of ASCII that no domain has; `domainToASCII` would cut a text at some of them. */
const STRANGE = /[^A-Za-z0-9.\u0080-\u{10FFFF}-]/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Octets (RFC 1035 2.3.4), without the length of the first label and the root's. */
const MAX = 253;

/**
 * A domain as it is compared: in lower case, as A-labels (RFC 5890), without the dot of the root.
 * @returns undefined for what is no name of a host with two labels or more: an address, a wildcard.
 */
export function domainName(text: string): string | undefined {
  if (STRANGE.test(text)) return undefined;
  const name = domainToASCII(text).replace(/\.$/, "");
  const labels = name.split(".");
  const isName = labels.length > 1 && labels.every((label) => LABEL.test(label));
  return isName && name.length <= MAX && isIP(name) === 0 ? name : undefined;
}
