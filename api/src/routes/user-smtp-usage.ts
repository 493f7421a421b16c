import { ownServerId } from "@waybill/schemas";
import type { App, Deps } from "../deps.ts";
import { personOf } from "../person-of.ts";
import { attemptsOf, messagesOf } from "../queries/usage.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { UserSmtpUsage } from "../shapes/user-smtp.ts";
import { asTenant } from "../views.ts";

const schema = {
  summary: "How much one sent in the last 30 days, and how one's own server did with it",
  description: "The messages are those of the SMTP credentials that name one as their `user`.",
  tags: ["smtp"],
  response: {
    200: json("The counts", UserSmtpUsage),
    ...problems("unauthenticated", "forbidden", "timeout", "unavailable"),
  },
};

/** Milliseconds. */
const SPAN = 30 * 24 * 60 * 60 * 1000;

/** `GET /api/smtp/usage` */
export function userSmtpUsageRoute(app: App, deps: Deps): void {
  const config = { may: "settings:own" } as const;
  app.get("/smtp/usage", { schema, config }, async ({ caller }) => {
    const { tenant, user } = personOf(caller);
    const since = new Date(deps.now().getTime() - SPAN);
    const all = deps.directory.entities(tenant, "credential");
    const credentials = all.filter((one) => one.user === user).map(({ id }) => id);
    return asTenant(deps, tenant, async (view) => ({
      user,
      since: since.toISOString(),
      messages: await messagesOf(view, credentials, since),
      ownServer: await attemptsOf(view, ownServerId(user), since),
    }));
  });
}
