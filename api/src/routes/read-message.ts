import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { attemptsOf, auditOf, findMessage } from "../queries/find-message.ts";
import { MessageDetail } from "../shapes/message.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { byId } from "../shapes/query.ts";
import { timelineOf } from "../timeline.ts";
import { asTenant, type TenantView } from "../views.ts";

const schema = {
  summary: "One message: its state, recipients, attempts and timeline",
  tags: ["messages"],
  params: byId,
  response: {
    200: json("The message", MessageDetail),
    ...problems("unauthenticated", "forbidden", "not_found", "unavailable"),
  },
};

async function readMessage(view: TenantView, id: string) {
  const message = await findMessage(view, id);
  if (message === undefined) throw new Problem("not_found", "no message has that id");
  const [attemptLog, entries] = await Promise.all([attemptsOf(view, id), auditOf(view, id)]);
  return { ...message, attemptLog, timeline: timelineOf(entries, attemptLog) };
}

export function readMessageRoute(app: App, deps: Deps): void {
  app.get("/messages/:id", { schema, config: { may: "mail:read" } }, ({ caller, params }) =>
    asTenant(deps, callerOf(caller).tenant, (view) => readMessage(view, params.id)),
  );
}
