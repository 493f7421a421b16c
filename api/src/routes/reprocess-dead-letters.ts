import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { reprocess } from "../reprocess.ts";
import { Headers } from "../resource/request.ts";
import { ReprocessCommand, ReprocessResult } from "../shapes/dead-letter.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const schema = {
  summary: "Try dead letters again, by id or by filter",
  description:
    "A message is requeued with all its dead recipients, at the start of the retry ladder. " +
    "Answered once the commands are in the log; the views follow. Safe to repeat.",
  tags: ["dead letters"],
  headers: Headers.pick({ "x-reason": true }),
  body: ReprocessCommand,
  response: {
    200: json("Of a dry run: nothing was requeued", ReprocessResult),
    202: json("Requeued", ReprocessResult),
    ...problems(
      "malformed_request",
      "unauthenticated",
      "forbidden",
      "body_too_large",
      "unsupported_media_type",
      "invalid_body",
      "unavailable",
    ),
  },
};

export function reprocessDeadLettersRoute(app: App, deps: Deps): void {
  app.post(
    "/dead-letters/reprocess",
    { schema, config: { may: "mail:operate" } },
    async ({ caller, headers, body }, reply) => {
      const operator = { ...callerOf(caller), reason: headers["x-reason"] };
      const result = await reprocess(deps, operator, body);
      return reply.code(body.dryRun ? 200 : 202).send(result);
    },
  );
}
