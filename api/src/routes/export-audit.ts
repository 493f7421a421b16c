import { goneSignal, lines, started } from "../answer-stream.ts";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { exportEvents } from "../log/export-events.ts";
import { ExportQuery } from "../shapes/audit.ts";
import { problems } from "../shapes/problem.ts";
import { Streamed } from "../shapes/streamed.ts";

const schema = {
  summary: "Every event of the tenant, replayed from the log itself",
  description:
    "One event a line, with its `seq`, in the order of the log, up to what it held at the start. " +
    "An export that breaks off goes on with `after` = the last `seq` received.",
  tags: ["audit"],
  querystring: ExportQuery,
  response: {
    200: {
      description: "`{seq, ...event}` a line",
      content: { "application/x-ndjson": { schema: Streamed } },
    },
    ...problems("invalid_request", "unauthenticated", "forbidden", "unavailable"),
  },
};

/** Milliseconds one export may take; the next one resumes it. */
const LONGEST = 3_600_000;

export function exportAuditRoute(app: App, deps: Deps): void {
  app.get(
    "/audit/events",
    { schema, config: { may: "mail:read" }, handlerTimeout: LONGEST },
    async (request, reply) => {
      const { tenant } = callerOf(request.caller);
      const events = exportEvents(deps, tenant, request.query, goneSignal(reply));
      return reply.type("application/x-ndjson").send(await started(lines(events)));
    },
  );
}
