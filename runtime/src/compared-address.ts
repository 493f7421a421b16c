import { domainName } from "./domain-name.ts";

/**
 * An address as suppression lists compare it: in lower case, its domain as A-labels. RFC 5321 2.4
 * lets a host tell local parts apart by case; none in use does, and a list that did would be easy to miss.
 */
export function comparedAddress(address: string): string {
  const at = address.lastIndexOf("@") + 1;
  const domain = address.slice(at);
  return address.slice(0, at).toLowerCase() + (domainName(domain) ?? domain.toLowerCase());
}
