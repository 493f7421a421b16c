import { PLATFORM } from "@waybill/schemas";
import type { Deps } from "../deps.ts";

/** Whether a provider may carry a tenant's mail: its own, or a system-wide one. */
export const isCarrier = (
  directory: Deps["directory"],
  tenant: string,
  provider: string,
): boolean => [tenant, PLATFORM].some((owner) => directory.provider(owner, provider) !== undefined);
