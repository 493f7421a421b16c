import { comparedAddress, erasedHash, erasedIdOf, type Secrets } from "@waybill/runtime";
import { type Erased, ERASED_DOMAIN, type Erasure } from "@waybill/schemas";
import type { ErasureCommand } from "../shapes/erasure.ts";

/** What an erasure is about: all of a message, or one address wherever it is. */
export type About = {
  messageId?: string | undefined;
  /** Whether an address is the one, in any spelling. */
  isTheirs: (address: string) => boolean;
  /** How it is spelled, as far as we were told. */
  spelled: readonly string[];
};

type Keys = Pick<Secrets, "hash">;

/** What is kept of an address: a hash under the installation's key, for one tenant. */
export const keptHash = (keys: Keys, tenant: string, address: string): string =>
  erasedIdOf((text) => keys.hash(text), tenant, address);

/** What was asked for. */
export function aboutCommand({ messageId, address }: ErasureCommand): About {
  if (address === undefined) return { messageId, isTheirs: () => false, spelled: [] };
  const compared = comparedAddress(address);
  const isTheirs = (other: string) => comparedAddress(other) === compared;
  return { isTheirs, spelled: [address, compared] };
}

/** What was asked for, by what is kept of it: the address is known again where it is found. */
export function aboutErasure(
  keys: Keys,
  tenant: string,
  { messageId, address }: Pick<Erasure, "messageId" | "address">,
): About {
  const isTheirs = (other: string) =>
    address !== undefined && keptHash(keys, tenant, other) === address;
  return { messageId, isTheirs, spelled: [] };
}

/** Whose data goes, once it is known how their addresses are spelled. */
export function erasedOf(
  keys: Keys,
  tenant: string,
  { messageId, isTheirs }: About,
  spellings: Iterable<string>,
): Erased {
  const hash = (text: string) => erasedHash((given) => keys.hash(given), tenant, text).slice(0, 16);
  return {
    isWhole: messageId !== undefined,
    of: isTheirs,
    spellings: [...spellings],
    pseudonym: (address) => `erased-${hash(address)}@${ERASED_DOMAIN}`,
  };
}
