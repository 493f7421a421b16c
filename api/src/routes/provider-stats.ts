import { z } from "zod";
import { callerOf } from "../auth.ts";
import { breakersOf } from "../breaker-of.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { findProvider } from "../find-provider.ts";
import { statsOf, type Span } from "../queries/provider-stats.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { LONGEST, ProviderStats, StatsQuery, USUAL } from "../shapes/provider-stats.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "What a provider did with the tenant's mail in a span of time",
  tags: ["providers"],
  params: z.strictObject({ id: z.string().min(1).max(100) }),
  querystring: StatsQuery,
  response: {
    200: json("Its attempts", ProviderStats),
    ...problems("invalid_request", "unauthenticated", "forbidden", "not_found", "unavailable"),
  },
};

/** @throws Problem invalid_request when it ends before it begins, or is longer than 31 days */
function spanOf({ from, to }: z.infer<typeof StatsQuery>, now: Date): Span {
  const end = to ?? now.toISOString();
  const begin = from ?? new Date(Date.parse(end) - USUAL).toISOString();
  const length = Date.parse(end) - Date.parse(begin);
  if (length > 0 && length <= LONGEST) return { from: begin, to: end };
  const rule = "it is before `to`, by 31 days at most";
  throw new Problem("invalid_request", `from: ${rule}`, { errors: [{ field: "from", rule }] });
}

export function providerStatsRoute(app: App, deps: Deps): void {
  const config = { may: "config:read" } as const;
  app.get("/providers/:id/stats", { schema, config }, async ({ caller, params, query }) => {
    const by = callerOf(caller);
    const { id } = findProvider(deps, by, params.id).entity;
    const span = spanOf(query, deps.now());
    const stats = await asTenant(deps, by.tenant, (view) => statsOf(view, id, span));
    return { ...span, ...stats, ...breakersOf(deps, by.tenant, id) };
  });
}
