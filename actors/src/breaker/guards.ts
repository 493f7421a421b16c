import { type Directory, type Logger, untilRecorded } from "@waybill/runtime";
import type { Breaker } from "@waybill/schemas";
import { idOf, type Scope } from "./entity.ts";
import { Guard, type Keep, type Told } from "./guard.ts";
import { settingsSeq } from "./settings-seq.ts";

/** What breakers are made with. */
export type GuardOptions = {
  directory: Pick<Directory, "find" | "entities" | "lastSeq">;
  put: Keep;
  log: Logger;
};

/** A mail of a tenant, from a sender domain, by a provider. */
export type Use = Required<Scope>;

/** Breakers of sender domains, of one tenant and provider, that are not closed: the domains are a client's to choose. */
const MOST_DOMAINS = 100;

/** The breaker of a use that is for every sender domain. */
export const wholeOf = ({ tenant, owner, provider }: Use): Scope => ({ tenant, owner, provider });

export const keyOf = (scope: Scope): string => `${scope.tenant}/${idOf(scope)}`;

/** The breakers that this process has in mind: of what works, none. */
export class Guards {
  readonly #options: GuardOptions;
  readonly #guards = new Map<string, Guard>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** The one of that id in mind. */
  get(tenant: string, id: string): Guard | undefined {
    return this.#guards.get(`${tenant}/${id}`);
  }

  /** Those of a use of which there is anything to know. */
  of(use: Use): Guard[] {
    const found = [wholeOf(use), use].map((scope) => this.find(scope));
    return found.filter((one) => one !== undefined);
  }

  find(scope: Scope): Guard | undefined {
    const known = this.#guards.get(keyOf(scope));
    if (known !== undefined) return known;
    const { entity } = this.#told(scope.tenant, idOf(scope));
    return entity === null || entity.state === "closed" ? undefined : this.#make(scope);
  }

  /** The one of a scope, made if there is none; undefined when there are too many. */
  findOrMake(scope: Scope): Guard | undefined {
    return this.find(scope) ?? (this.#isFull(scope) ? undefined : this.#make(scope));
  }

  /** What the log tells of a provider. */
  told(tenant: string, provider: string): Breaker[] {
    const all = this.#options.directory.entities(tenant, "breaker");
    return all.filter((one) => one.provider === provider);
  }

  /** Forgets what the log tells as well. */
  tidy(guard: Guard): void {
    if (guard.isForgettable) this.#guards.delete(keyOf(guard.scope));
  }

  /** Whether that breaker lets all mail through. */
  isClosed(tenant: string, id: string): boolean {
    const guard = this.get(tenant, id);
    const { entity } = this.#told(tenant, id);
    return guard?.isClosed ?? (entity === null || entity.state === "closed");
  }

  #make(scope: Scope): Guard {
    const { directory, put: keep, log } = this.#options;
    const told = () => this.#told(scope.tenant, idOf(scope));
    const surely = (record: () => Promise<number>) => untilRecorded(log, record);
    const settings = () => settingsSeq(directory, scope);
    const guard = new Guard({ scope, keep, surely, told, settings });
    this.#guards.set(keyOf(scope), guard);
    return guard;
  }

  #told(tenant: string, id: string): Told {
    const { directory } = this.#options;
    const entity = directory.find(tenant, "breaker", id)?.entity ?? null;
    return { entity, seq: directory.lastSeq(tenant, "breaker", id) };
  }

  #isFull({ tenant, provider, senderDomain }: Scope): boolean {
    if (senderDomain === undefined) return false;
    const others = this.told(tenant, provider).filter((one) => one.senderDomain !== undefined);
    return others.length >= MOST_DOMAINS;
  }
}
