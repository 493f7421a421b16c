import { domainName, looksLikeReturnPath, type ReturnPath } from "@waybill/runtime";
import type { Door } from "../door.ts";

/** A return path of a mail of a tenant's. */
export type FoundPath = ReturnPath & { tenant: string };

/**
 * The return path that a recipient is. `foreign`: it lies in a domain of return paths and is none, or
 * not one that we made; undefined: it lies elsewhere, or is an ordinary address of such a domain.
 */
export function findPath(
  { directory, reports }: Pick<Door, "directory" | "reports">,
  address: string,
): FoundPath | "foreign" | "ordinary" | undefined {
  const at = address.lastIndexOf("@");
  const domain = domainName(address.slice(at + 1));
  const tenants = domain === undefined ? [] : [...directory.tenantsReturnedTo(domain)];
  if (tenants.length === 0 || reports === undefined) return undefined;
  const local = address.slice(0, at);
  if (!looksLikeReturnPath(local)) return "ordinary";
  const found = tenants.flatMap((tenant) => {
    const path = reports.paths.read(tenant, local);
    return path === undefined ? [] : [{ ...path, tenant }];
  });
  return found[0] ?? "foreign";
}
