import { ownServerId } from "@waybill/schemas";
import type { App, Deps } from "../deps.ts";
import { personOf } from "../person-of.ts";
import { DOWN_AFTER, healthOf } from "../provider-health.ts";
import { lastAttempts } from "../queries/provider-attempts.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { ProviderHealth } from "../shapes/provider-check.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "How one's own SMTP server did with the last mail",
  tags: ["smtp"],
  response: {
    200: json("Its health; `unknown` too when there is none", ProviderHealth),
    ...problems("unauthenticated", "forbidden", "unavailable"),
  },
};

/** `GET /api/smtp/health` */
export function userSmtpHealthRoute(app: App, deps: Deps): void {
  const config = { may: "settings:own" } as const;
  app.get("/smtp/health", { schema, config }, async ({ caller }) => {
    const { tenant, user } = personOf(caller);
    const own = ownServerId(user);
    return healthOf(await asTenant(deps, tenant, (view) => lastAttempts(view, own, DOWN_AFTER)));
  });
}
