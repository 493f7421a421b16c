import type { ChainLink } from "@waybill/schemas";
import { CHAIN_START, linkHash } from "./link.ts";

/** What is known of a chain once its links were read up to some one. */
export type ChainState = {
  links: number;
  /** Hash of the last link. */
  head: string;
  /** Hash before that: who follows it too makes a fork. */
  beforeHead: string | undefined;
  /** Sequence of the last event. */
  last: number;
};

export const noChain: ChainState = {
  links: 0,
  head: CHAIN_START,
  beforeHead: undefined,
  last: 0,
};

/** What is wrong with a link. */
export type LinkFault = "forked link" | "broken link";

/** The chain with the next link of it, or what is wrong with that. */
export function foldLink(
  chain: ChainState,
  tenant: string,
  link: ChainLink,
): ChainState | LinkFault {
  const { previous, hash, leaves } = link;
  if (link.tenant !== tenant || hash !== linkHash(link)) return "broken link";
  if (previous !== chain.head) return previous === chain.beforeHead ? "forked link" : "broken link";
  let { last } = chain;
  for (const [seq] of leaves) {
    if (seq <= last) return "broken link";
    last = seq;
  }
  return { links: chain.links + 1, head: hash, beforeHead: previous, last };
}
