import type { Directory } from "@waybill/runtime";
import { PLATFORM, type Route } from "@waybill/schemas";

type Known = Pick<Directory, "entities" | "tenant" | "tenants" | "provider">;

/** Users of a provider that one answer names. */
const MOST_TOLD = 20;

const names = ({ then }: Route, provider: string): boolean =>
  then.type === "providers" && then.providers.includes(provider);

function namedBy(directory: Known, tenant: string, provider: string): string[] {
  const rules = directory.entities(tenant, "route").filter((rule) => names(rule, provider));
  const hooks = directory.entities(tenant, "hook").filter((hook) => hook.provider === provider);
  const isDefault = directory.tenant(tenant)?.defaultProvider === provider;
  return [
    ...(isDefault ? ["the tenant, as its default"] : []),
    ...rules.map(({ id }) => `the routing rule ${id}`),
    ...hooks.map(({ id }) => `the webhook ${id}`),
  ];
}

/** Tenants other than the platform that have no provider of their own under that id. */
const sharing = (directory: Known, provider: string): string[] =>
  directory
    .tenants()
    .map(({ id }) => id)
    .filter((id) => id !== PLATFORM && directory.provider(id, provider) === undefined);

/**
 * What names a provider, as sentences' subjects: rules, webhooks, and defaults, of its owner; where
 * that is the platform, of every tenant that has none of its own under that id.
 */
export function usersOf(directory: Known, owner: string, provider: string): string[] {
  const own = namedBy(directory, owner, provider);
  if (owner !== PLATFORM) return own;
  const others = sharing(directory, provider).flatMap((tenant) =>
    namedBy(directory, tenant, provider).map((user) => `${user} of ${tenant}`),
  );
  return [...own, ...others].slice(0, MOST_TOLD);
}
