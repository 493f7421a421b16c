import { PLATFORM, type Provider } from "@waybill/schemas";
import type { Caller } from "./auth.ts";
import type { Deps } from "./deps.ts";
import { Problem } from "./errors.ts";

/**
 * A provider of the caller's tenant, or for an administrator of the platform a system-wide one; with
 * the tenant it belongs to. @throws Problem not_found
 */
export function findProvider(
  { directory }: Deps,
  { tenant, may }: Caller,
  id: string,
): { tenant: string; entity: Provider } {
  const owners = may.has("platform") ? [tenant, PLATFORM] : [tenant];
  const found = owners.map((owner) => directory.find(owner, "provider", id));
  const first = found.find((one) => one !== undefined);
  if (first === undefined) throw new Problem("not_found", "nothing has that id");
  return first;
}
