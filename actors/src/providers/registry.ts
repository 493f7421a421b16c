import type { Provider as Settings } from "@waybill/schemas";
import type { Provider } from "./provider.ts";
import { sandboxProvider } from "./sandbox.ts";
import { smtpProvider } from "./smtp.ts";

/** Opens a provider; an exhaustive switch, so that a new type must be added here. */
function openProvider(settings: Settings, openSecret: (sealed: string) => string): Provider {
  switch (settings.type) {
    case "smtp":
      return smtpProvider(settings, openSecret);
    case "sandbox":
      return sandboxProvider(settings);
  }
}

/** The providers in use, one per owner and id, with their connections. */
export class Registry {
  readonly #openSecret: (sealed: string) => string;
  readonly #open = new Map<string, { settings: Settings; provider: Provider }>();

  constructor(openSecret: (sealed: string) => string) {
    this.#openSecret = openSecret;
  }

  /** The provider with these settings; changed settings take effect with the next message. */
  get(owner: string, settings: Settings): Provider {
    const key = `${owner}/${settings.id}`;
    const known = this.#open.get(key);
    if (known?.settings === settings) return known.provider;
    known?.provider.close();
    const provider = openProvider(settings, this.#openSecret);
    this.#open.set(key, { settings, provider });
    return provider;
  }

  close(): void {
    for (const { provider } of this.#open.values()) provider.close();
    this.#open.clear();
  }
}
