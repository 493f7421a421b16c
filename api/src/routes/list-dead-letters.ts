import { callerOf } from "../auth.ts";
import { cursorsOf, pageOf } from "../cursor.ts";
import type { App, Deps } from "../deps.ts";
import { listDeadLetters } from "../queries/list-dead-letters.ts";
import { DeadLetterPage, DeadLetterQuery } from "../shapes/dead-letter.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "Messages with a recipient that was given up, newest first",
  description: "`from` and `to` are about the moment a recipient was given up.",
  tags: ["dead letters"],
  querystring: DeadLetterQuery,
  response: {
    200: json("A page of dead letters", DeadLetterPage),
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

export function listDeadLettersRoute(app: App, deps: Deps): void {
  app.get(
    "/dead-letters",
    { schema, config: { may: "mail:read" } },
    async ({ caller, query: { limit, cursor, ...filter } }) => {
      const { tenant } = callerOf(caller);
      const cursors = cursorsOf(deps.secrets, "dead-letters", tenant);
      const range = { before: cursor === undefined ? undefined : cursors.read(cursor), limit };
      const rows = await asTenant(deps, tenant, (view) => listDeadLetters(view, filter, range));
      return pageOf(rows, limit, cursors);
    },
  );
}
