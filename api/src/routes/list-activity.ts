import { callerOf } from "../auth.ts";
import { cursorsOf, pageBy } from "../cursor.ts";
import type { App, Deps } from "../deps.ts";
import { listActivity } from "../queries/list-activity.ts";
import { ActivityPage, ActivityQuery } from "../shapes/activity.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "Who changed what of the configuration, and why, newest first",
  description: "`before` and `after` are the entity without what is secret.",
  tags: ["activity"],
  querystring: ActivityQuery,
  response: {
    200: json("A page of changes", ActivityPage),
    ...problems(
      "invalid_request",
      "bad_cursor",
      "unauthenticated",
      "forbidden",
      "timeout",
      "unavailable",
    ),
  },
};

export function listActivityRoute(app: App, deps: Deps): void {
  app.get("/activity", { schema, config: { may: "members:read" } }, async ({ caller, query }) => {
    const { tenant } = callerOf(caller);
    const cursors = cursorsOf(deps.secrets, "activity", tenant);
    const before = query.cursor === undefined ? undefined : cursors.read(query.cursor);
    const rows = await asTenant(deps, tenant, (view) => listActivity(view, query, before));
    return pageBy(({ seq }) => String(seq), rows, query.limit, cursors);
  });
}
