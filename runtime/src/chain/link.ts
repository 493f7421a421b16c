import { createHash } from "node:crypto";
import type { ChainLink } from "@waybill/schemas";

/** What stands for the link before the first. */
export const CHAIN_START = "0".repeat(64);

/**
 * Hash of a link: sha256 over its lines, each ended by a line feed: `previous`, `tenant`, `after`, and
 * `seq time leaf` of each event. In hexadecimal.
 */
export function linkHash({ previous, tenant, after, leaves }: Omit<ChainLink, "hash">): string {
  const hash = createHash("sha256").update(`${previous}\n${tenant}\n${after}\n`);
  for (const leaf of leaves) hash.update(`${leaf.join(" ")}\n`);
  return hash.digest("hex");
}

/** A link with its hash. */
export const linkOf = (parts: Omit<ChainLink, "hash">): ChainLink => ({
  ...parts,
  hash: linkHash(parts),
});
