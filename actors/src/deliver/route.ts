import { PLATFORM, type Provider, type Route } from "@waybill/schemas";

/** What routing asks of the directory. */
export type Routes = {
  routes(tenant: string): readonly Route[];
  provider(tenant: string, id: string): Provider | undefined;
  systemProviders(): readonly Provider[];
};

/** Who carries a message: the provider, and whose it is. */
export type Resolved = { owner: string; settings: Provider };

/** Owner of the provider that the environment names, and no tenant's slug; its password is sealed under the master key. */
export const ENVIRONMENT = "(environment)";

const owned = (owner: string, settings: Provider | undefined): Resolved | undefined =>
  settings && { owner, settings };

/**
 * Resolves who carries a tenant's mail: its routes in order, then the system-wide provider, then the
 * one of the environment, then the tenant's routes of last resort; `undefined` when there is none.
 */
export function resolveRoute(
  tenant: string,
  from: Routes,
  environment?: Provider,
): Resolved | undefined {
  const own = (lastResort: boolean) =>
    from
      .routes(tenant)
      .filter((route) => route.lastResort === lastResort)
      .map((route) => from.provider(tenant, route.provider))
      .find((provider) => provider !== undefined);
  return (
    owned(tenant, own(false)) ??
    owned(PLATFORM, from.systemProviders()[0]) ??
    owned("@environment", environment) ??
    owned(tenant, own(true))
  );
}
