import { started } from "../answer-stream.ts";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { readTyped } from "../log/read-event.ts";
import { findMessage } from "../queries/find-message.ts";
import { problems } from "../shapes/problem.ts";
import { byId } from "../shapes/query.ts";
import { Streamed } from "../shapes/streamed.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "The message as it was submitted, byte for byte",
  tags: ["messages"],
  params: byId,
  response: {
    200: { description: "RFC 5322", content: { "message/rfc822": { schema: Streamed } } },
    ...problems("unauthenticated", "forbidden", "not_found", "body_gone", "unavailable"),
  },
};

/** Milliseconds: a message of 25 MB to a slow client. */
const LONGEST = 600_000;

async function bodyOf(deps: Deps, tenant: string, id: string) {
  const message = await asTenant(deps, tenant, (view) => findMessage(view, id));
  if (message === undefined) throw new Problem("not_found", "no message has that id");
  const accepted = await readTyped(deps, tenant, id, message.acceptedSeq, "accepted");
  if (accepted === undefined)
    throw new Problem("body_gone", "the log does not hold the message any more");
  if (accepted.erased) throw new Problem("body_gone", "the message was erased");
  return accepted.body;
}

export function messageRawRoute(app: App, deps: Deps): void {
  app.get(
    "/messages/:id/raw",
    { schema, config: { may: "mail:read" }, handlerTimeout: LONGEST },
    async (request, reply) => {
      const { id } = request.params;
      const { tenant } = callerOf(request.caller);
      const body = await bodyOf(deps, tenant, id);
      const stream = await started(deps.bodies.read(tenant, body));
      return reply
        .type("message/rfc822")
        .header("content-length", body.size)
        .header("content-disposition", `attachment; filename="${id}.eml"`)
        .send(stream);
    },
  );
}
