import type { Issued } from "./token-answer.ts";

/** Of a token's life, after which another is fetched while it is still good. */
const RENEWED_AT = 0.8;
/** Milliseconds before its end from which a token is not used any more: clocks and the way there. */
const SKEW = 10_000;
/** Milliseconds between tries to renew a token that is still good. */
const PAUSE = 30_000;

type Held = { value: string; renewAt: number; endsAt: number };

/**
 * The access token of one login, fetched by the first who needs it and shared until it is old. While
 * one is good nobody waits for the next: it is fetched beside, so an endpoint's short outage goes
 * unnoticed.
 */
export class Tokens {
  readonly #fetch: () => Promise<Issued>;
  readonly #now: () => number;
  #held: Held | undefined;
  #fetching: Promise<Held> | undefined;

  /** @param now milliseconds since 1970 */
  constructor(fetch: () => Promise<Issued>, now: () => number) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** A token that is good. @throws what fetching one throws */
  async get(): Promise<string> {
    const held = this.#held;
    const now = this.#now();
    if (held === undefined || now >= held.endsAt) return (await this.#renew()).value;
    if (now >= held.renewAt) {
      held.renewAt = now + PAUSE;
      this.#renew().catch(() => undefined);
    }
    return held.value;
  }

  /**
   * Does something with a token. One that is refused is dropped; if it was not new, it is done once
   * more with a new one, and what comes of that counts.
   * @throws what fetching a token throws
   */
  async using<T>(work: (token: string) => Promise<T>, isRefused: (result: T) => boolean) {
    const known = this.#held?.value;
    const first = await this.#try(work, isRefused);
    return first.isRefused && first.token === known
      ? (await this.#try(work, isRefused)).result
      : first.result;
  }

  async #try<T>(work: (token: string) => Promise<T>, isRefused: (result: T) => boolean) {
    const token = await this.get();
    const result = await work(token);
    const wasRefused = isRefused(result);
    if (wasRefused && this.#held?.value === token) this.#held = undefined;
    return { token, result, isRefused: wasRefused };
  }

  #renew(): Promise<Held> {
    this.#fetching ??= this.#fetchOne().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetchOne(): Promise<Held> {
    const { value, life } = await this.#fetch();
    const now = this.#now();
    const held = {
      value,
      renewAt: now + life * RENEWED_AT,
      endsAt: now + Math.max(life - SKEW, 0),
    };
    return (this.#held = held);
  }
}
