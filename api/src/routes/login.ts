import type { App, Deps } from "../deps.ts";
import { logIn } from "../session/log-in.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { Login, Tokens } from "../shapes/session.ts";

const schema = {
  summary: "Log in with email address and password",
  description:
    "The access token lives for ten minutes, the refresh token until it is used, or 30 days.",
  tags: ["session"],
  security: [],
  body: Login,
  response: {
    200: json("A session began", Tokens),
    ...problems(...BODY, "wrong_login", "forbidden", "too_many_attempts", "unavailable"),
  },
};

export function loginRoute(app: App, deps: Deps): void {
  app.post("/api/v1/auth/login", { schema }, async ({ body, ip }) => logIn(deps, body, ip));
}
