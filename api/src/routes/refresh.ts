import type { App, Deps } from "../deps.ts";
import { refresh } from "../session/refresh.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { Refresh, Tokens } from "../shapes/session.ts";

const schema = {
  summary: "Go on with a session",
  description:
    "The refresh token is used up, and the answer has the next one. A token that was used before " +
    "ends its session; of two uses in the same instant one is answered `conflict`.",
  tags: ["session"],
  security: [],
  body: Refresh,
  response: {
    200: json("The session goes on", Tokens),
    ...problems(...BODY, "session_over", "conflict", "unavailable"),
  },
};

export function refreshRoute(app: App, deps: Deps): void {
  app.post("/api/v1/auth/refresh", { schema }, async ({ body }) =>
    refresh(deps, body.refreshToken),
  );
}
