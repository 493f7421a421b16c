import { z } from "zod";
import type { App, Deps } from "../deps.ts";
import { presented } from "../session/refresh-token.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { Refresh } from "../shapes/session.ts";

const schema = {
  summary: "End a session",
  description: "Its access tokens live on for ten minutes at most.",
  tags: ["session"],
  security: [],
  body: Refresh,
  response: {
    204: z.null().describe("It is over, or was before"),
    ...problems(...BODY, "unavailable"),
  },
};

export function logoutRoute(app: App, deps: Deps): void {
  app.post("/api/v1/auth/logout", { schema }, async ({ body }, reply) => {
    const held = await presented(deps, body.refreshToken);
    if (held !== undefined) await deps.sessions.end(held.id);
    return reply.code(204).send(null);
  });
}
