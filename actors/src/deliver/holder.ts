import { PLATFORM, type ProviderOwner } from "@waybill/schemas";

/** Holder of the provider that the environment names, and no tenant's slug; its password is sealed under the master key. */
export const ENVIRONMENT = "(environment)";

/** Whose connections and secrets a provider's are. */
export function holderOf(owner: ProviderOwner, tenant: string): string {
  switch (owner) {
    case "tenant":
      return tenant;
    case "platform":
      return PLATFORM;
    case "environment":
      return ENVIRONMENT;
    case "builtin":
      return "(builtin)";
  }
}
