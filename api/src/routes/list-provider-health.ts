import type { ProviderOwner } from "@waybill/schemas";
import { callerOf } from "../auth.ts";
import { breakersOf } from "../breaker-of.ts";
import type { App, Deps } from "../deps.ts";
import { BreakerList } from "../shapes/breaker.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const schema = {
  summary: "Which providers the tenant's mail is handed to, and which are left alone",
  tags: ["providers"],
  response: {
    200: json("Its own providers, and all others that ever failed it", BreakerList),
    ...problems("unauthenticated", "forbidden", "unavailable"),
  },
};

/** The tenant's providers, and those of others that something is known of, by their ids. */
function carriersOf({ directory }: Deps, tenant: string): [string, ProviderOwner][] {
  const own = directory.entities(tenant, "provider").map(({ id }) => [id, "tenant"] as const);
  const known = directory.entities(tenant, "breaker");
  const all = known.map(({ provider, owner }) => [provider, owner] as const);
  return [...new Map<string, ProviderOwner>([...all, ...own])];
}

/** `GET /api/v1/providers/health` */
export function listProviderHealthRoute(app: App, deps: Deps): void {
  const config = { may: "config:read" } as const;
  app.get("/providers/health", { schema, config }, async ({ caller }) => {
    const { tenant } = callerOf(caller);
    const items = carriersOf(deps, tenant).map(([provider, owner]) => {
      return { provider, owner, ...breakersOf(deps, tenant, provider) };
    });
    return { items };
  });
}
