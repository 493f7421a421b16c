import { callerOf } from "./auth.ts";
import type { App, Deps } from "./deps.ts";
import { Problem } from "./errors.ts";

/** So many requests of a tenant in so many seconds; routes of one name share it. */
export type RateLimit = { name: string; most: number; seconds: number };

type Window = { endsAt: number; taken: number };

declare module "fastify" {
  interface FastifyContextConfig {
    /** Counts every request of a caller that may make it, those included that are refused later. */
    limit?: RateLimit;
  }
  interface FastifyRequest {
    /** Where the request was counted, if its route has a limit. */
    counted: Window | null;
  }
}

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
 * answer what is left. A 404 gives its place back: it did nothing. Counted in this process alone: with several of the API each allows as many.
 */
export function limitCallers(app: App, { now }: Deps): void {
  const windows = new Windows();
  app.decorateRequest("counted", null);
  app.addHook("onRequest", async (request, reply) => {
    const { limit } = request.routeOptions.config;
    if (limit === undefined) return;
    const at = now().getTime();
    const key = `${limit.name}/${callerOf(request.caller).tenant}`;
    request.counted = windows.take(key, limit, at);
    const { endsAt, taken } = request.counted;
    const reset = Math.ceil((endsAt - at) / 1000);
    reply.headers(fieldsOf(limit, Math.max(0, limit.most - taken), reset));
    if (taken <= limit.most) return;
    const detail = `${limit.most} in ${limit.seconds} seconds are allowed`;
    throw new Problem("rate_limited", detail, { headers: { "retry-after": String(reset) } });
  });
  app.addHook("onSend", async ({ counted }, { statusCode }) => {
    if (counted !== null && statusCode === 404) counted.taken -= 1;
  });
}
