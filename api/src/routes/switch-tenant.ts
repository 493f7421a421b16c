import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { switchTenant } from "../session/switch-tenant.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { Access, Switch } from "../shapes/session.ts";

const schema = {
  summary: "Go on in another of one's tenants",
  description: "The session stays the same, and so does its refresh token.",
  tags: ["session"],
  body: Switch,
  response: {
    200: json("An access token for that tenant", Access),
    ...problems(...BODY, "unauthenticated", "session_over", "forbidden", "conflict", "unavailable"),
  },
};

export function switchTenantRoute(app: App, deps: Deps): void {
  const config = { may: "session:own" } as const;
  app.post("/auth/switch-tenant", { schema, config }, async ({ caller, body }) =>
    switchTenant(deps, callerOf(caller), body.tenant),
  );
}
