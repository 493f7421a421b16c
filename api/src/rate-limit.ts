import { callerOf } from "./auth.ts";
import type { App, Deps } from "./deps.ts";
import { Problem } from "./errors.ts";

/** So many requests of a tenant in so many seconds; routes of one name share it. */
export type RateLimit = { name: string; most: number; seconds: number };

declare module "fastify" {
  interface FastifyContextConfig {
    /** Counts every request of a caller that may make it, those included that are refused later. */
    limit?: RateLimit;
  }
}

type Window = { endsAt: number; taken: number };

/** Windows of fixed length that begin with their first request; those that are over are forgotten. */
class Windows {
  readonly #open = new Map<string, Window>();

  /** Counts one; times are milliseconds. */
  take(key: string, { seconds }: RateLimit, now: number): Window {
    const known = this.#open.get(key);
    const window = known !== undefined && known.endsAt > now ? known : this.#begin(now, seconds);
    window.taken += 1;
    this.#open.set(key, window);
    return window;
  }

  #begin(now: number, seconds: number): Window {
    for (const [key, { endsAt }] of this.#open) if (endsAt <= now) this.#open.delete(key);
    return { endsAt: now + seconds * 1000, taken: 0 };
  }
}

/** draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4. */
const fieldsOf = ({ name, most, seconds }: RateLimit, left: number, reset: number) => ({
  "ratelimit-policy": `"${name}";q=${most};w=${seconds}`,
  ratelimit: `"${name}";r=${left};t=${reset}`,
});

/**
 * Holds the callers of this scope to the limits their routes name, per tenant, and says in each
 * answer what is left. Counted in this process alone: with several of the API each allows as many.
 */
export function limitCallers(app: App, { now }: Deps): void {
  const windows = new Windows();
  app.addHook("onRequest", async ({ caller, routeOptions }, reply) => {
    const { limit } = routeOptions.config;
    if (limit === undefined) return;
    const at = now().getTime();
    const { endsAt, taken } = windows.take(`${limit.name}/${callerOf(caller).tenant}`, limit, at);
    const reset = Math.ceil((endsAt - at) / 1000);
    reply.headers(fieldsOf(limit, Math.max(0, limit.most - taken), reset));
    if (taken <= limit.most) return;
    const detail = `${limit.most} in ${limit.seconds} seconds are allowed`;
    throw new Problem("rate_limited", detail, { headers: { "retry-after": String(reset) } });
  });
}
