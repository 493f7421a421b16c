import type { Directory } from "./directory.ts";
import { domainName } from "./domain-name.ts";

/** A name and all it lies within, the nearest first, up to its last two labels. */
export function upwards(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join("."));
}

/**
 * Whether a tenant has shown that it may send from a domain: the domain, or one it lies within, is
 * verified. A few look-ups by name, however many domains the tenant has.
 */
export function isSenderDomain(
  directory: Pick<Directory, "find">,
  tenant: string,
  domain: string,
): boolean {
  const name = domainName(domain);
  if (name === undefined) return false;
  const verifiedAt = (one: string) => directory.find(tenant, "domain", one)?.entity.verifiedAt;
  return upwards(name).some((one) => verifiedAt(one) !== undefined);
}
