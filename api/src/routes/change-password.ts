import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { changePassword } from "../session/change-password.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { PasswordChange, Tokens } from "../shapes/session.ts";

const schema = {
  summary: "Change one's password",
  description: "All sessions end; the answer begins another one.",
  tags: ["session"],
  body: PasswordChange,
  response: {
    200: json("It was changed, and a session began", Tokens),
    ...problems(
      ...BODY,
      "unauthenticated",
      "session_over",
      "forbidden",
      "conflict",
      "too_many_attempts",
      "unavailable",
    ),
  },
};

export function changePasswordRoute(app: App, deps: Deps): void {
  const config = { may: "session:own" } as const;
  app.post("/auth/password", { schema, config }, async ({ caller, body }) =>
    changePassword(deps, callerOf(caller), body),
  );
}
