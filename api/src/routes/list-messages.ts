import { callerOf } from "../auth.ts";
import { cursorsOf, pageOf } from "../cursor.ts";
import type { App, Deps } from "../deps.ts";
import { listMessages } from "../queries/list-messages.ts";
import { MessagePage, MessageQuery } from "../shapes/message.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "Messages, newest first",
  tags: ["messages"],
  querystring: MessageQuery,
  response: {
    200: json("A page of messages", MessagePage),
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

export function listMessagesRoute(app: App, deps: Deps): void {
  app.get("/messages", { schema, config: { may: "mail:read" } }, async ({ caller, query }) => {
    const { tenant } = callerOf(caller);
    const cursors = cursorsOf(deps.secrets, "messages", tenant);
    const before = query.cursor === undefined ? undefined : cursors.read(query.cursor);
    const rows = await asTenant(deps, tenant, (view) => listMessages(view, query, before));
    return pageOf(rows, query.limit, cursors);
  });
}
