import type { Directory } from "@waybill/runtime";

/** The routing rules of a tenant that name a provider, as sentences' subjects. */
export const rulesNaming = (
  directory: Pick<Directory, "routes">,
  tenant: string,
  provider: string,
): string[] =>
  directory
    .routes(tenant)
    .filter((rule) => rule.provider === provider)
    .map(({ id }) => `the routing rule ${id}`);
