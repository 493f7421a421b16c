import type { Directory, Logger, Wake } from "@waybill/runtime";
import { DEFAULT_BREAKER_LADDER, type Outcome } from "@waybill/schemas";
import { idOf, type Scope } from "./entity.ts";
import type { Guard } from "./guard.ts";
import { Guards, keyOf, wholeOf, type GuardOptions, type Use } from "./guards.ts";
import type { Moment } from "./machine.ts";
import { settingsSeq } from "./settings-seq.ts";
import { ofProvider, ofSenderDomain, type Signal } from "./signal.ts";
import { Waker } from "./waker.ts";

/** Leave to hand a mail to a provider. */
export type Pass = {
  /** Takes in what became of it; without outcomes nothing did. Resolves once what follows is kept. */
  settle(outcomes: readonly Outcome[]): Promise<void>;
};

/** When a mail is to ask again, in milliseconds since 1970; and the breakers of which the first that closes has it asked at once. */
export type Pause = { until: number; for: string[] };

type Options = GuardOptions & {
  directory: Pick<Directory, "tenant">;
  wake: Wake;
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
};

/** A mail that was let through: how the provider was set up then, and the breakers whose probe it is. */
type Through = { settings: number; tokens: Map<string, string> };

const UNKNOWN: Signal = { kind: "unknown" };

const isNews = ({ kind }: Signal): boolean => kind !== "works" && kind !== "unknown";

/** Who may hand mail to which provider now, for all tenants. */
export class Breakers {
  readonly #options: Options;
  readonly #guards: Guards;
  readonly #waker: Waker;

  constructor(options: Options) {
    this.#options = options;
    this.#guards = new Guards(options);
    this.#waker = new Waker(options.wake, options.log);
  }

  /** Whether a mail may be handed to the provider now. */
  lets(use: Use): boolean {
    const at = this.#moment(use);
    return this.#guards.of(use).every((guard) => guard.lets(at));
  }

  /** Leave to hand over a mail, or to try with it whether the provider works again; undefined: not now. @throws LogUnavailable */
  async pass(use: Use): Promise<Pass | undefined> {
    if (!this.lets(use)) return undefined;
    const settings = settingsSeq(this.#options.directory, use);
    const through: Through = { settings, tokens: new Map() };
    const settle = (outcomes: readonly Outcome[]) => this.#settle(use, outcomes, through);
    try {
      for (const guard of this.#guards.of(use)) {
        const token = await guard.letThrough(this.#moment(use));
        if (token === false) return await settle([]).then(() => undefined);
        if (token !== undefined) through.tokens.set(keyOf(guard.scope), token);
      }
    } catch (error) {
      await settle([]);
      throw error;
    }
    return { settle };
  }

  /** When a mail may be tried that none of these lets through now. */
  pauseOf(uses: readonly Use[]): Pause {
    const pauses = uses.map((use): Pause => {
      const at = this.#moment(use);
      const closed = this.#guards.of(use).filter((guard) => !guard.lets(at));
      const until = Math.max(at.now, ...closed.map((guard) => guard.againAt(at)));
      return { until, for: closed.map(({ scope }) => idOf(scope)) };
    });
    const until = Math.min(...pauses.map((one) => one.until));
    return { until, for: [...new Set(pauses.flatMap((one) => one.for))] };
  }

  /** Has those asked again who began to wait for a breaker as it closed. */
  wakeIfClosed(tenant: string, ids: readonly string[]): void {
    const isClosed = (id: string) => this.#guards.isClosed(tenant, id);
    for (const id of ids.filter(isClosed)) this.#waker.wakeAll(tenant, id, () => isClosed(id));
  }

  /** Takes in that a breaker was changed, by this process or another. */
  changed(tenant: string, id: string): void {
    this.#guards.get(tenant, id)?.catchUp();
  }

  /** The settings of a provider were changed: it is tried at once, by one of those who wait. */
  retry(tenant: string, provider: string): void {
    const left = this.#guards.told(tenant, provider).filter(({ state }) => state !== "closed");
    for (const { id } of left) this.#waker.wakeOne(tenant, id);
  }

  /** A provider was removed, and with it what is known of it. */
  forget(tenant: string, provider: string): void {
    const { put, log } = this.#options;
    for (const { owner, senderDomain } of this.#guards.told(tenant, provider)) {
      const scope = {
        tenant,
        owner,
        provider,
        ...(senderDomain !== undefined && { senderDomain }),
      };
      const after = this.#options.directory.lastSeq(tenant, "breaker", idOf(scope));
      put(scope, null, after).catch((error: unknown) =>
        log.warn({ err: error, tenant, provider }, "a breaker could not be removed"),
      );
    }
  }

  async #settle(use: Use, outcomes: readonly Outcome[], through: Through): Promise<void> {
    const isKnown = outcomes.length > 0;
    await Promise.all([
      this.#hear(wholeOf(use), isKnown ? ofProvider(outcomes) : UNKNOWN, through),
      this.#hear(use, isKnown ? ofSenderDomain(outcomes) : UNKNOWN, through),
    ]);
  }

  async #hear(scope: Scope, signal: Signal, { settings, tokens }: Through): Promise<void> {
    const guard = isNews(signal) ? this.#guards.findOrMake(scope) : this.#guards.find(scope);
    if (guard === undefined) return;
    const wasClosed = guard.isClosed;
    await guard.hear(signal, this.#moment(scope), settings, tokens.get(keyOf(scope)));
    if (!wasClosed) this.#wakeAfter(guard);
    this.#guards.tidy(guard);
  }

  #wakeAfter({ scope, isClosed }: Guard): void {
    if (isClosed) this.wakeIfClosed(scope.tenant, [idOf(scope)]);
  }

  #moment({ tenant }: Pick<Scope, "tenant">): Moment {
    const { directory, now } = this.#options;
    const ladder = directory.tenant(tenant)?.breakerLadder ?? DEFAULT_BREAKER_LADDER;
    return { now: now(), ladder };
  }
}
