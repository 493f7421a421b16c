import type { Outbound, Verdict } from "@waybill/runtime/outbound";
import { PLATFORM, type Provider as Settings, SLUG } from "@waybill/schemas";
import type { Reach } from "./http/reach.ts";
import { mailgunProvider } from "./mailgun.ts";
import { postmarkProvider } from "./postmark.ts";
import { msgraphProvider } from "./msgraph.ts";
import type { Provider } from "./provider.ts";
import { resendProvider } from "./resend.ts";
import { sandboxProvider } from "./sandbox.ts";
import { sendgridProvider } from "./sendgrid.ts";
import { sesProvider } from "./ses.ts";
import { smtpProvider } from "./smtp.ts";

/** Opens a secret of a provider's owner. @throws when it is not theirs */
type OpenSecret = (owner: string, sealed: string) => string;

/** Opens a provider; an exhaustive switch, so that a new type must be added here. */
function openProvider(
  settings: Settings,
  openSecret: (sealed: string) => string,
  reach: Required<Pick<Reach, "outbound" | "isExempt">>,
): Provider {
  switch (settings.type) {
    case "smtp":
      return smtpProvider(settings, openSecret, reach.isExempt ? undefined : reach.outbound, reach);
    case "sandbox":
      return sandboxProvider(settings);
    case "msgraph":
      return msgraphProvider(settings, openSecret, reach);
    case "ses":
      return sesProvider(settings, openSecret, reach);
    case "mailgun":
      return mailgunProvider(settings, openSecret, reach);
    case "resend":
      return resendProvider(settings, openSecret, reach);
    case "sendgrid":
      return sendgridProvider(settings, openSecret, reach);
    case "postmark":
      return postmarkProvider(settings, openSecret, reach);
  }
}

/** Hosts that the operator named are not judged: an owner that is no tenant's slug is the operator. */
const isOperators = (owner: string): boolean => owner === PLATFORM || !SLUG.test(owner);

/** A provider that cannot be opened, such as one whose secret was sealed under another key, until it is changed. */
const unusable = ({ id, type }: Settings, why: string): Provider => ({
  id,
  kind: type,
  keepsBytes: false,
  verify: () => Promise.resolve({ success: false, code: "auth", message: why }),
  send: ({ recipients }) =>
    Promise.resolve(recipients.map((recipient) => ({ recipient, class: "config", response: why }))),
  close: () => undefined,
});

/** Closes a provider when the last message in its hands is done: a closed pool fails what waits in it. */
function closingWhenIdle(provider: Provider): Provider {
  let inHand = 0;
  let closing = false;
  const closeIfIdle = () => {
    if (closing && inHand === 0) provider.close();
  };
  return {
    ...provider,
    send: async (attempt) => {
      inHand += 1;
      try {
        return await provider.send(attempt);
      } finally {
        inHand -= 1;
        closeIfIdle();
      }
    },
    close: () => {
      closing = true;
      closeIfIdle();
    },
  };
}

const CANNOT_TELL: Verdict = {
  success: false,
  code: "protocol",
  message: "a provider of this type cannot be tried without a mail",
};

/** The providers in use, one per owner and id, with their connections. */
export class Registry {
  readonly #openSecret: OpenSecret;
  readonly #open = new Map<string, { settings: Settings; provider: Provider }>();

  readonly #outbound: Outbound;

  /** @param outbound the way to hosts that tenants name */
  constructor(openSecret: OpenSecret, outbound: Outbound) {
    this.#openSecret = openSecret;
    this.#outbound = outbound;
  }

  /** The provider with these settings; changed settings take effect with the next message. */
  get(owner: string, settings: Settings): Provider {
    const key = `${owner}/${settings.id}`;
    const known = this.#open.get(key);
    if (known?.settings === settings) return known.provider;
    known?.provider.close();
    const provider = closingWhenIdle(this.#tryOpen(owner, settings));
    this.#open.set(key, { settings, provider });
    return provider;
  }

  /** Tries settings that need not be saved. */
  async verify(owner: string, settings: Settings): Promise<Verdict> {
    const provider = this.#tryOpen(owner, settings);
    try {
      return (await provider.verify?.()) ?? CANNOT_TELL;
    } finally {
      provider.close();
    }
  }

  /** Closes the connections of a provider that was changed or removed, once they are idle. */
  drop(owner: string, id: string): void {
    const key = `${owner}/${id}`;
    this.#open.get(key)?.provider.close();
    this.#open.delete(key);
  }

  #tryOpen(owner: string, settings: Settings): Provider {
    try {
      const reach = { outbound: this.#outbound, isExempt: isOperators(owner) };
      return openProvider(settings, (sealed) => this.#openSecret(owner, sealed), reach);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return unusable(settings, `the provider cannot be used: ${why}`);
    }
  }

  close(): void {
    for (const { provider } of this.#open.values()) provider.close();
    this.#open.clear();
  }
}
