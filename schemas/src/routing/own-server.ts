import type { UserSmtp } from "../control/person.ts";
import type { SmtpProvider } from "../control/provider.ts";

/** Connections at once to a person's own server. */
const CONCURRENCY = 5;

/** The id under which a user's own server is a provider: no tenant can give it to another. */
export const ownServerId = (user: string): string => `user:${user}`;

/** The user whose own server has that id, if it is one. */
export const userOfServer = (provider: string): string | undefined =>
  /^user:(.*)$/s.exec(provider)?.[1];

/** How mail is handed to a user's own server: what is not TLS from the first byte becomes so if it can. */
export const ownServerTls = (isSecure: boolean): "implicit" | "opportunistic" =>
  isSecure ? "implicit" : "opportunistic";

/** Settings are a new object after every change, and so is what is made of them. */
const ready = new WeakMap<UserSmtp, SmtpProvider>();

/** A user's own SMTP server as a provider: of the same settings, the same object. */
export function ownServer(settings: UserSmtp): SmtpProvider {
  const known = ready.get(settings) ?? providerOf(settings);
  ready.set(settings, known);
  return known;
}

function providerOf({ id, host, port, secure, user, sealedPassword }: UserSmtp): SmtpProvider {
  const auth = { username: user, sealedPassword };
  return {
    kind: "provider",
    type: "smtp",
    id: ownServerId(id),
    name: "the user's own SMTP server",
    concurrency: CONCURRENCY,
    smtp: { host, port, tls: ownServerTls(secure), verify: true, auth },
  };
}
