import type { SendgridProvider } from "./http-provider.ts";
import { pick, type Shown } from "./pick.ts";
import type { PasswordLogin, Provider, SmtpSettings, TokenLogin } from "./provider.ts";

type Timeouts = NonNullable<SmtpSettings["timeouts"]>;
type Endpoint = NonNullable<SendgridProvider["smtp"]>;

const PROVIDER = {
  kind: false,
  id: true,
  name: true,
  concurrency: true,
  type: true,
} as const;

const OVER_HTTP = { ...PROVIDER, sealedSecret: false, baseUrl: true } as const;

const BY_EITHER = {
  ...OVER_HTTP,
  lane: true,
  smtp: (smtp: Endpoint) => pick(smtp, { host: true, port: true, tls: true }),
} as const;

/** What of a provider may be shown: no secret. */
export function shownProvider(provider: Provider): Shown {
  switch (provider.type) {
    case "smtp":
      return pick(provider, {
        ...PROVIDER,
        from: true,
        replyTo: true,
        settingsSeq: false,
        smtp: shownSmtp,
      });
    case "sandbox":
      return pick(provider, PROVIDER);
    case "sendgrid":
    case "resend":
      return pick(provider, BY_EITHER);
    case "postmark":
      return pick(provider, { ...BY_EITHER, messageStream: true });
    case "ses":
      return pick(provider, {
        ...OVER_HTTP,
        region: true,
        accessKeyId: true,
        configurationSet: true,
      });
    case "mailgun":
      return pick(provider, { ...OVER_HTTP, domain: true });
    case "msgraph":
      return pick(provider, {
        ...OVER_HTTP,
        directory: true,
        clientId: true,
        mailbox: true,
        tokenUrl: true,
      });
  }
}

const TOKEN = {
  method: true,
  username: true,
  grant: true,
  tokenUrl: true,
  clientId: true,
  scope: true,
  sealedClientSecret: false,
} as const;

/** What of a login may be shown. */
export function shownLogin(auth: PasswordLogin | TokenLogin): Shown {
  if (auth.method !== "XOAUTH2")
    return pick(auth, { method: true, username: true, sealedPassword: false });
  return auth.grant === "refresh_token"
    ? pick(auth, { ...TOKEN, sealedRefreshToken: false })
    : pick(auth, TOKEN);
}

const shownSmtp = (smtp: SmtpSettings) =>
  pick(smtp, {
    host: true,
    port: true,
    tls: true,
    verify: true,
    auth: shownLogin,
    timeouts: (times: Timeouts) => pick(times, { connect: true, greeting: true, socket: true }),
  });
