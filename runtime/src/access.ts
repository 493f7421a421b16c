import { BlockList, isIP } from "node:net";
import type { ApiKey, Credential } from "@waybill/schemas";

type Access = Pick<ApiKey | Credential, "expiresAt" | "networks">;

const FAMILY = { 4: "ipv4", 6: "ipv6" } as const;
const BITS = { 4: 32, 6: 128 } as const;

const familyOf = (address: string): 4 | 6 | undefined => {
  const version = isIP(address);
  return version === 4 || version === 6 ? version : undefined;
};

/** Whether a text is a block of addresses: `192.0.2.0/24`, `2001:db8::/32`. */
export function isCidr(text: string): boolean {
  const [address = "", prefix = "", ...more] = text.split("/");
  const family = familyOf(address);
  if (family === undefined || more.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  return Number(prefix) <= BITS[family];
}

/** Blocks are parsed once: an entity is a new object after every change. */
const parsed = new WeakMap<readonly string[], BlockList>();

function blocksOf(networks: readonly string[]): BlockList {
  const known = parsed.get(networks);
  if (known !== undefined) return known;
  const blocks = new BlockList();
  for (const [address = "", prefix] of networks.map((one) => one.split("/")))
    blocks.addSubnet(address, Number(prefix), FAMILY[familyOf(address) ?? 4]);
  parsed.set(networks, blocks);
  return blocks;
}

/** Whether an address lies in one of the blocks; one of IPv4 in IPv6 clothes is the IPv4 one. */
export function isWithin(networks: readonly string[], address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && blocksOf(networks).check(address, FAMILY[family]);
}

/** Whether a secret may be used now, from that address. */
export function isOpen(access: Access, address: string, now: Date): boolean {
  const { expiresAt, networks } = access;
  const expired = expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
  return !expired && (networks === undefined || isWithin(networks, address));
}
