import { domainOf } from "./conditions.ts";

/** Lists are made ready once: a tenant is a new object after every change. */
const ready = new WeakMap<readonly string[], ReadonlySet<string>>();

const keyOf = (entry: string): string =>
  entry.startsWith("@") ? `@${domainOf(entry)}` : entry.toLowerCase();

function readyOf(allowed: readonly string[]): ReadonlySet<string> {
  const known = ready.get(allowed) ?? new Set(allowed.map(keyOf));
  ready.set(allowed, known);
  return known;
}

/**
 * Whether a tenant's mail may go to an address: one of the list, or one in a domain of it
 * (`@example.com`), in any case; any address when there is no list.
 */
export function isAllowedRecipient(
  allowed: readonly string[] | undefined,
  address: string,
): boolean {
  if (allowed === undefined) return true;
  const keys = readyOf(allowed);
  return keys.has(address.toLowerCase()) || keys.has(`@${domainOf(address)}`);
}
