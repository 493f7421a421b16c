import { z } from "zod";
import { callerOf } from "../auth.ts";
import { breakersOf } from "../breaker-of.ts";
import type { App, Deps } from "../deps.ts";
import { findProvider } from "../find-provider.ts";
import { DOWN_AFTER, healthOf } from "../provider-health.ts";
import { lastAttempts } from "../queries/provider-attempts.ts";
import { ProviderCondition } from "../shapes/breaker.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "How a provider did with the tenant's last mail",
  tags: ["providers"],
  params: z.strictObject({ id: z.string().min(1).max(100) }),
  response: {
    200: json("Its health", ProviderCondition),
    ...problems("unauthenticated", "forbidden", "not_found", "unavailable"),
  },
};

export function providerHealthRoute(app: App, deps: Deps): void {
  const config = { may: "config:read" } as const;
  app.get("/providers/:id/health", { schema, config }, async ({ caller, params }) => {
    const by = callerOf(caller);
    const { id } = findProvider(deps, by, params.id).entity;
    const tried = await asTenant(deps, by.tenant, (view) => lastAttempts(view, id, DOWN_AFTER));
    return { ...healthOf(tried), ...breakersOf(deps, by.tenant, id) };
  });
}
