import ipaddr from "ipaddr.js";
import { isWithin } from "../access.ts";

/** Public by its number, yet inside every virtual machine of Azure: metadata, DNS, agents. */
const INSIDE = new Set(["168.63.129.16"]);

/** What the internet is made of today (IANA, IPv6 address space); all else is special or unassigned. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** Blocks whose last four octets are an IPv4 address: mapped, compatible, translated, NAT64. */
const LAST_FOUR = ["::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96"].map((block) =>
  ipaddr.IPv6.parseCIDR(block),
);

/** NAT64 of a network's own prefix (RFC 8215): whoever set it up knows its length. */
const LOCAL_NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b:1::/48");
/** Where the octets of the IPv4 address are for the prefixes of 48, 56, 64 and 96 bits (RFC 6052 2.2). */
const LAYOUTS = [
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
  [12, 13, 14, 15],
];

const readAt = (address: ipaddr.IPv6, places: readonly number[]): ipaddr.IPv4 => {
  const octets = address.toByteArray();
  return new ipaddr.IPv4(places.map((place) => octets[place] ?? 0));
};

/** The IPv4 addresses that an IPv6 address may end at; undefined when it is one in its own right. */
function innerOf(address: ipaddr.IPv6): ipaddr.IPv4[] | undefined {
  if (LAST_FOUR.some((block) => address.match(block))) return [readAt(address, [12, 13, 14, 15])];
  if (!address.match(LOCAL_NAT64)) return undefined;
  const readings = LAYOUTS.map((places) => readAt(address, places));
  return readings.filter((one) => one.range() !== "unspecified");
}

const judge4 = (address: ipaddr.IPv4): string | undefined => {
  if (INSIDE.has(address.toString())) return "metadata";
  return address.range() === "unicast" ? undefined : address.range();
};

function judge6(address: ipaddr.IPv6, allow: readonly string[]): string | undefined {
  if (address.range() === "loopback") return "loopback";
  const inner = innerOf(address);
  if (inner?.length === 0) return "unspecified";
  if (inner !== undefined)
    return inner.map((one) => whyNot(one.toString(), allow)).find((why) => why !== undefined);
  if (address.range() !== "unicast") return address.range();
  return address.match(GLOBAL_UNICAST) ? undefined : "unassigned";
}

/**
 * Why nobody but the operator may name an address: the kind of block it lies in (IANA's registries of
 * special-purpose addresses); undefined when it is a public one, or in a block of the allow-list. Of an
 * address with an IPv4 one inside the inner one is judged.
 * @param text an address as a resolver or {@link literalOf} spells it
 */
export function whyNot(text: string, allow: readonly string[]): string | undefined {
  if (text.includes("%")) return "zone";
  if (isWithin(allow, text)) return undefined;
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv4 ? judge4(address) : judge6(address, allow);
}

/** A host without the brackets of a literal or the dot that ends a name: what TLS calls it. */
export const plainHost = (host: string): string =>
  host.replace(/^\[(.*)\]$/, "$1").replace(/(?<=[^.])\.$/, "");

/**
 * The address that a host is, in its usual spelling; undefined for a name. It takes what inet_aton(3)
 * takes: `127.1`, `0x7f000001`, `017700000001`, `2130706433`.
 */
export function literalOf(plain: string): string | undefined {
  if (ipaddr.IPv4.isValid(plain)) return ipaddr.IPv4.parse(plain).toString();
  return ipaddr.IPv6.isValid(plain) ? ipaddr.IPv6.parse(plain).toString() : undefined;
}
