import { verifySmtp } from "@waybill/runtime/outbound";
import { ownServerTls } from "@waybill/schemas";
import type { App, Deps } from "../deps.ts";
import { personOf } from "../person-of.ts";
import { PROVIDER_TESTS } from "../provider-tests.ts";
import { json } from "../shapes/named.ts";
import { asProblem, BODY, problems } from "../shapes/problem.ts";
import { UserSmtpFails, UserSmtpServer, UserSmtpWorks } from "../shapes/user-smtp.ts";
import { isSecure } from "../user-smtp.ts";

const failed = json(
  "What is wrong with the server; or with the request, as a problem",
  UserSmtpFails,
);

const schema = {
  summary: "Try one's own SMTP server before it is saved",
  description:
    "Connection, greeting, TLS, login, and no mail; 15 seconds at most. A host that is not allowed, not " +
    "known or not there is told of alike.",
  tags: ["smtp"],
  body: UserSmtpServer,
  response: {
    ...problems(...BODY, "unauthenticated", "forbidden", "rate_limited"),
    200: json("It takes mail", UserSmtpWorks),
    400: { ...failed, content: { ...failed.content, ...asProblem("").content } },
  },
};

/** What delivery would do with the same settings. */
const targetOf = ({ host, port, secure, user: username, pass: password }: UserSmtpServer) => ({
  host,
  port,
  tls: ownServerTls(isSecure({ port, secure })),
  verify: true,
  auth: { username, password },
});

/** `POST /api/smtp/test` */
export function testUserSmtpRoute(app: App, { outbound }: Deps): void {
  const config = { may: "settings:own", limit: PROVIDER_TESTS } as const;
  app.post("/smtp/test", { schema, config }, async ({ caller, body }, reply) => {
    personOf(caller);
    const verdict = await verifySmtp(outbound, targetOf(body));
    if (verdict.success)
      return { success: true, message: "SMTP connection test successful" } as const;
    const error = `SMTP connection test failed: ${verdict.message}`;
    return reply.code(400).send({ success: false, error });
  });
}
