import type { RefreshTokens } from "@waybill/runtime";
import type { Outbound, Verdict } from "@waybill/runtime/outbound";
import { PLATFORM, type Provider as Settings, SLUG } from "@waybill/schemas";
import type { Reach } from "./http/reach.ts";
import type { Provider, Service } from "./provider.ts";
import type { LoginReach } from "./smtp-login.ts";
import type { ServiceSettings } from "./services.ts";
import { sandboxProvider } from "./sandbox.ts";
import { smtpProvider } from "./smtp.ts";

/** Opens a secret of a provider's owner. @throws when it is not theirs */
type OpenSecret = (owner: string, sealed: string) => string;

/** Opens a provider; services over HTTP are loaded with the first that is there. */
function openProvider(
  settings: Settings,
  openSecret: (sealed: string) => string,
  reach: Required<Pick<Reach, "outbound" | "isExempt">> & Pick<LoginReach, "kept">,
): Provider {
  if (settings.type === "sandbox") return sandboxProvider(settings);
  if (settings.type === "smtp")
    return smtpProvider(settings, openSecret, reach.isExempt ? undefined : reach.outbound, reach);
  return openWhenAsked(settings, openSecret, reach);
}

/** @throws what opening its secret throws, once it is asked */
const openWhenAsked = (
  settings: ServiceSettings,
  openSecret: (sealed: string) => string,
  reach: Reach,
): Service =>
  lazily(settings, async () => {
    const { openService } = await import("./services.ts");
    return openService(settings, openSecret, reach);
  });

/** Hosts that the operator named are not judged: an owner that is no tenant's slug is the operator. */
const isOperators = (owner: string): boolean => owner === PLATFORM || !SLUG.test(owner);

/** A provider that cannot be opened, such as one whose secret was sealed under another key, until it is changed. */
const unusable = ({ id, type }: Settings, why: string): Service => ({
  id,
  kind: type,
  keepsBytes: false,
  verify: () => Promise.resolve({ success: false, code: "auth", message: why }),
  send: ({ recipients }) =>
    Promise.resolve(recipients.map((recipient) => ({ recipient, class: "config", response: why }))),
  close: () => undefined,
});

/** A provider whose code is loaded when it is first asked. */
function lazily(settings: ServiceSettings, open: () => Promise<Service>): Service {
  let opened: Promise<Service> | undefined;
  const provider = () => (opened ??= open().catch((error: unknown) => unopened(settings, error)));
  return {
    id: settings.id,
    kind: settings.type,
    keepsBytes: false,
    send: async (attempt) => (await provider()).send(attempt),
    verify: async () => (await provider()).verify(),
    close: () => void opened?.then((one) => one.close()),
  };
}

function unopened(settings: Settings, error: unknown): Service {
  const why = error instanceof Error ? error.message : String(error);
  return unusable(settings, `the provider cannot be used: ${why}`);
}

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

/** The providers in use, one per owner and id, with their connections. */
export class Registry {
  readonly #openSecret: OpenSecret;
  readonly #open = new Map<string, { settings: Settings; provider: Provider }>();

  readonly #outbound: Outbound;
  readonly #refreshTokens: Pick<RefreshTokens, "of"> | undefined;

  /**
   * @param outbound the way to hosts that tenants name
   * @param refreshTokens where those that are replaced are kept; in this process alone, by default
   */
  constructor(
    openSecret: OpenSecret,
    outbound: Outbound,
    refreshTokens?: Pick<RefreshTokens, "of">,
  ) {
    this.#openSecret = openSecret;
    this.#outbound = outbound;
    this.#refreshTokens = refreshTokens;
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

  /** Takes in settings that differ from the last by a refresh token, which is in use already. */
  refreshed(owner: string, settings: Settings): void {
    const known = this.#open.get(`${owner}/${settings.id}`);
    if (known !== undefined) known.settings = settings;
  }

  /** Tries settings of a service that need not be saved. */
  async verify(owner: string, settings: ServiceSettings): Promise<Verdict> {
    const service = openWhenAsked(settings, this.#opens(owner), this.#reachOf(owner));
    try {
      return await service.verify();
    } finally {
      service.close();
    }
  }

  /** Closes the connections of a provider that was changed or removed, once they are idle. */
  drop(owner: string, id: string): void {
    const key = `${owner}/${id}`;
    this.#open.get(key)?.provider.close();
    this.#open.delete(key);
  }

  #reachOf(owner: string) {
    return { outbound: this.#outbound, isExempt: isOperators(owner) };
  }

  #opens(owner: string) {
    return (sealed: string): string => this.#openSecret(owner, sealed);
  }

  #tryOpen(owner: string, settings: Settings): Provider {
    try {
      const kept = this.#refreshTokens?.of(owner, settings);
      return openProvider(settings, this.#opens(owner), { ...this.#reachOf(owner), kept });
    } catch (error) {
      return unopened(settings, error);
    }
  }

  close(): void {
    for (const { provider } of this.#open.values()) provider.close();
    this.#open.clear();
  }
}
