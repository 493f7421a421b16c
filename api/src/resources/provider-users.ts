import type { Directory } from "@waybill/runtime";
import type { Route } from "@waybill/schemas";

const names = ({ then }: Route, provider: string): boolean =>
  then.type === "providers" && then.providers.includes(provider);

/** What names a provider of a tenant's, as sentences' subjects: rules, webhooks, and its default. */
export function rulesNaming(
  directory: Pick<Directory, "entities" | "tenant">,
  tenant: string,
  provider: string,
): string[] {
  const rules = directory.entities(tenant, "route").filter((rule) => names(rule, provider));
  const hooks = directory.entities(tenant, "hook").filter((hook) => hook.provider === provider);
  const isDefault = directory.tenant(tenant)?.defaultProvider === provider;
  return [
    ...(isDefault ? ["the tenant, as its default"] : []),
    ...rules.map(({ id }) => `the routing rule ${id}`),
    ...hooks.map(({ id }) => `the webhook ${id}`),
  ];
}
