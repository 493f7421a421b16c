import type { ControlFact, Entity, Provider, SmtpProvider, TokenLogin } from "@waybill/schemas";
import { ControlConflict, lastFact, ownFact, putEntity } from "./control.ts";
import type { Directory } from "./directory.ts";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import type { KeptToken } from "./outbound/oauth/kept-token.ts";
import { untilRecorded } from "./until-recorded.ts";
import type { Vault } from "./vault.ts";

/** Where they are kept. */
type Books = { nats: Nats; directory: Directory; vault: Vault; log: Logger };
type RefreshLogin = Extract<TokenLogin, { grant: "refresh_token" }>;
/** A provider's login, by which it is known again. */
type Of = { tenant: string; id: string; login: RefreshLogin };

/** Milliseconds in which a process that was first tells the others what it was given. */
const MOMENT = 2000;
const REASON = "the token endpoint replaced the refresh token";

function loginOf(entity: Entity | null | undefined): RefreshLogin | undefined {
  if (entity?.kind !== "provider" || entity.type !== "smtp") return undefined;
  const { auth } = entity.smtp;
  return auth?.method === "XOAUTH2" && auth.grant === "refresh_token" ? auth : undefined;
}

/** A token is shown to the client and the endpoint that it was given for, and to no other. */
const isSame = (one: RefreshLogin, other: RefreshLogin): boolean =>
  one.tokenUrl === other.tokenUrl &&
  one.clientId === other.clientId &&
  one.username === other.username;

/** A provider with another refresh token. @param seq of the fact that it follows */
const refreshed = (before: SmtpProvider, auth: RefreshLogin, seq: number): SmtpProvider => ({
  ...before,
  settingsSeq: before.settingsSeq ?? seq,
  smtp: { ...before.smtp, auth },
});

/**
 * Refresh tokens of providers, where their endpoints replace them: sealed in a new version of the
 * provider, which follows the one whose token was used. Of two processes that were given one at once,
 * the log takes the first.
 */
export class RefreshTokens {
  readonly #books: Books;
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** That of a provider; undefined when its login has none. */
  of(tenant: string, provider: Provider): KeptToken | undefined {
    const login = loginOf(provider);
    if (login === undefined) return undefined;
    const of = { tenant, id: provider.id, login };
    const { log } = this.#books;
    return {
      newest: () => this.#newest(of),
      replaced: (used, next) => untilRecorded(log, () => this.#replace(of, used, next)),
      other: (refused) => this.#other(of, refused),
      alone: (work) => this.#alone(`${tenant}/${provider.id}`, work),
    };
  }

  /** Resolves once nothing is being asked for, or kept. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  #alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#busy.get(key) ?? Promise.resolve()).then(work);
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#busy.set(key, settled);
    void settled.then(() => this.#busy.get(key) === settled && this.#busy.delete(key));
    return done;
  }

  #newest({ tenant, id, login }: Of): string | undefined {
    const found = loginOf(this.#books.directory.provider(tenant, id));
    return found && isSame(found, login) ? this.#open(tenant, found) : undefined;
  }

  #open(tenant: string, { sealedRefreshToken }: RefreshLogin): string | undefined {
    try {
      return this.#books.vault.open(tenant, sealedRefreshToken);
    } catch {
      return undefined;
    }
  }

  #other(of: Of, refused: string): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const look = () => {
      const found = this.#newest(of);
      if (found !== undefined && found !== refused) resolve(found);
    };
    const stop = this.#books.directory.onChange(({ tenant, kind, id }: ControlFact) => {
      if (tenant === of.tenant && kind === "provider" && id === of.id) look();
    });
    const timer = setTimeout(() => resolve(undefined), MOMENT);
    look();
    return promise.finally(() => {
      stop();
      clearTimeout(timer);
    });
  }

  /** @throws LogUnavailable */
  async #replace(of: Of, used: string, next: string): Promise<void> {
    const { nats, directory } = this.#books;
    const last = await lastFact(nats, of.tenant, "provider", of.id);
    if (last === undefined) return;
    await directory.reached(last.seq);
    const { entity } = last.fact;
    const login = loginOf(entity);
    if (login === undefined || !isSame(login, of.login)) return;
    if (this.#open(of.tenant, login) !== used) return;
    const sealedRefreshToken = await this.#books.vault.seal(of.tenant, next);
    const now = refreshed(entity as SmtpProvider, { ...login, sealedRefreshToken }, last.seq);
    try {
      await directory.reached(await putEntity(nats, ownFact(of.tenant, now, REASON), last.seq));
    } catch (error) {
      if (!(error instanceof ControlConflict)) throw error;
      await this.#replace(of, used, next);
    }
  }
}
