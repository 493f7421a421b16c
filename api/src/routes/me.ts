import { callerOf, type Caller } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { placeOf, placesOf } from "../session/place.ts";
import { over } from "../session/refresh.ts";
import { shownUser } from "../session/tokens.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { Me } from "../shapes/session.ts";

const schema = {
  summary: "Who one is, where, and what one may do there",
  tags: ["session"],
  response: {
    200: json("It is you", Me),
    ...problems("unauthenticated", "session_over", "forbidden", "unavailable"),
  },
};

function me(deps: Deps, { user = "", tenant }: Caller) {
  const place = placeOf(deps, user, tenant);
  if (place === undefined) throw over();
  const tenants = placesOf(deps, user).map(({ tenant: id, role }) => ({
    id,
    name: deps.directory.tenant(id)?.name ?? id,
    role,
  }));
  return { user: shownUser(place), tenant, role: place.role, permissions: [...place.may], tenants };
}

export function meRoute(app: App, deps: Deps): void {
  const config = { may: "session:own" } as const;
  app.get("/auth/me", { schema, config }, async ({ caller }) => me(deps, callerOf(caller)));
}
