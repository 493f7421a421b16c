import type { RouteTaken } from "../routing/facts.ts";

/** Whose personal data goes. */
export type Erased = {
  /** Everybody's whom the message speaks of; else only that of those who are `of`. */
  isWhole: boolean;
  of: (address: string) => boolean;
  /** How their addresses are spelled, for texts that quote them; not empty ones. */
  spellings: readonly string[];
  /** What stands in the place of an address: another one for each spelling, always the same. */
  pseudonym: (address: string) => string;
};

/** The domain of pseudonyms, which no mail ever reaches (RFC 2606 2). */
export const ERASED_DOMAIN = "erased.invalid";

const isPseudonym = (address: string): boolean => address.endsWith(`@${ERASED_DOMAIN}`);

/** Whether what is said of an address goes. */
export const hidden = (address: string, { isWhole, of }: Erased): boolean => isWhole || of(address);

/** An address, or what stands in its place; the null sender stays. */
export const named = (address: string, erased: Erased): string =>
  address === "" || isPseudonym(address) || !hidden(address, erased)
    ? address
    : erased.pseudonym(address);

/** A text with pseudonyms where it quotes an address of theirs, also as a part of a longer word. */
export function unquoted(text: string, { spellings, pseudonym }: Erased): string {
  const longestFirst = spellings.toSorted((one, other) => other.length - one.length);
  return longestFirst.reduce(
    (left, spelling) => left.replaceAll(anyCase(spelling), () => pseudonym(spelling)),
    text,
  );
}

const anyCase = (text: string): RegExp =>
  new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`), "gi");

/** Why it went that way, without them. */
export const redactRoute = (route: RouteTaken, erased: Erased): RouteTaken => ({
  ...route,
  because: unquoted(route.because, erased),
  ...(route.redirectedTo !== undefined && { redirectedTo: named(route.redirectedTo, erased) }),
});
