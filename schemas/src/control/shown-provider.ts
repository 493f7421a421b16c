import type { SendgridProvider } from "./http-provider.ts";
import { pick, type Shown } from "./pick.ts";
import type { Provider, SmtpSettings } from "./provider.ts";

type Auth = NonNullable<SmtpSettings["auth"]>;
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
      return pick(provider, { ...PROVIDER, from: true, replyTo: true, smtp: shownSmtp });
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

const shownSmtp = (smtp: SmtpSettings) =>
  pick(smtp, {
    host: true,
    port: true,
    tls: true,
    verify: true,
    auth: (auth: Auth) => pick(auth, { method: true, username: true, sealedPassword: false }),
    timeouts: (times: Timeouts) => pick(times, { connect: true, greeting: true, socket: true }),
  });
