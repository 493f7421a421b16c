import { z } from "zod";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { replayMessage } from "../log/replay-message.ts";
import { auditOf } from "../queries/find-message.ts";
import { LoggedEvent } from "../shapes/message.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { byId } from "../shapes/query.ts";
import { asTenant } from "../views.ts";

const Replayed = z.object({
  items: z.array(LoggedEvent),
  missing: z.array(z.int()).describe("sequences the log does not hold any more"),
});

const schema = {
  summary: "The life of a message, replayed from the log itself",
  tags: ["messages"],
  params: byId,
  response: {
    200: json("Its events, in the order of the log", Replayed),
    ...problems("unauthenticated", "forbidden", "not_found", "unavailable"),
  },
};

export function messageEventsRoute(app: App, deps: Deps): void {
  app.get(
    "/messages/:id/events",
    { schema, config: { may: "mail:read" } },
    async ({ caller, params: { id } }) => {
      const { tenant } = callerOf(caller);
      const index = await asTenant(deps, tenant, (view) => auditOf(view, id));
      if (index.length === 0) throw new Problem("not_found", "no message has that id");
      return replayMessage(
        deps,
        tenant,
        id,
        index.map((entry) => entry.seq),
      );
    },
  );
}
