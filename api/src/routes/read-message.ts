import { Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { messageAt } from "../log/message-at.ts";
import { attemptsOf, auditOf, findMessage } from "../queries/find-message.ts";
import { MessageDetail } from "../shapes/message.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { byId } from "../shapes/query.ts";
import { timelineOf } from "../timeline.ts";
import { asTenant, type TenantView } from "../views.ts";

const At = z.strictObject({
  at: Timestamp.optional().describe("as it was at this moment, folded from the log itself"),
});

const schema = {
  summary: "One message: its state, recipients, attempts and timeline",
  tags: ["messages"],
  params: byId,
  querystring: At,
  response: {
    200: json("The message", MessageDetail),
    ...problems("invalid_request", "unauthenticated", "forbidden", "not_found", "unavailable"),
  },
};

async function logged(view: TenantView, id: string) {
  const [attempts, entries] = await Promise.all([attemptsOf(view, id), auditOf(view, id)]);
  return { attempts, entries };
}

async function readMessage(view: TenantView, id: string) {
  const message = await findMessage(view, id);
  if (message === undefined) throw new Problem("not_found", "no message has that id");
  const { attempts, entries } = await logged(view, id);
  return { ...message, attemptLog: attempts, timeline: timelineOf(entries, attempts) };
}

/** What had happened up to a moment; events of that moment included. */
const until =
  <T>(at: string, timeOf: (one: T) => string) =>
  (one: T): boolean =>
    Date.parse(timeOf(one)) <= Date.parse(at);

async function readMessageAt(deps: Deps, tenant: string, id: string, at: string) {
  const all = await asTenant(deps, tenant, (view) => logged(view, id));
  const entries = all.entries.filter(until(at, ({ time }) => time));
  const attempts = all.attempts.filter(until(at, (one) => one.at));
  const seqs = entries.map(({ seq }) => seq);
  const message = await messageAt(deps, tenant, id, seqs);
  if (message === undefined)
    throw new Problem("not_found", "no message had that id then, as far as the log is kept");
  return { ...message, attemptLog: attempts, timeline: timelineOf(entries, attempts) };
}

export function readMessageRoute(app: App, deps: Deps): void {
  app.get(
    "/messages/:id",
    { schema, config: { may: "mail:read" } },
    ({ caller, params, query }) => {
      const { tenant } = callerOf(caller);
      const { id } = params;
      return query.at === undefined
        ? asTenant(deps, tenant, (view) => readMessage(view, id))
        : readMessageAt(deps, tenant, id, query.at);
    },
  );
}
