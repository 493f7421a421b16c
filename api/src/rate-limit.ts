import { callerOf } from "./auth.ts";
import type { App, Deps } from "./deps.ts";
import { overLimit, rateFields, type RateLimit } from "./rate-answer.ts";
import { type Window, Windows } from "./rate-windows.ts";
import { problems } from "./shapes/problem.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Counts every request of a caller that may make it, those included that are refused later. */
    limit?: RateLimit;
  }
  interface FastifyRequest {
    /** Where the request was counted for the limit of its route, if that has one. */
    counted: Window | null;
  }
}

/** The limit of every request, beside which a route may name one of its own. */
const requests = ({ config }: Deps): RateLimit => ({
  name: "requests",
  most: config.WAYBILL_API_MAX_REQUESTS_PER_MINUTE,
  seconds: 60,
});

/** Says in the document of each route that it may be refused so. */
function describeRefusal(app: App): void {
  app.addHook("onRoute", ({ schema }) => {
    if (schema === undefined) return;
    schema.response = { ...problems("rate_limited"), ...(schema.response as object | undefined) };
  });
}

/**
 * Holds the callers of this scope to the limit of all requests and to those their routes name, per
 * tenant, and says in each answer what is left, of several limits of the tightest. Counted in this
 * process alone: with several of the API each allows as many. A 404 gives its route's place back: it
 * did nothing.
 */
export function limitCallers(app: App, deps: Deps): void {
  const windows = new Windows();
  describeRefusal(app);
  app.decorateRequest("counted", null);
  app.addHook("onRequest", async (request, reply) => {
    const { limit } = request.routeOptions.config;
    const { tenant } = callerOf(request.caller);
    const now = deps.now().getTime();
    const all = windows.take(tenant, requests(deps), now);
    const own = limit && windows.take(tenant, limit, now);
    request.counted = own?.window ?? null;
    const tightest = own !== undefined && own.rate.left < all.rate.left ? own.rate : all.rate;
    if (tightest.left < 0) throw overLimit(tightest);
    reply.headers(rateFields(tightest));
  });
  app.addHook("onSend", async ({ counted }, { statusCode }) => {
    if (counted !== null && statusCode === 404) counted.taken -= 1;
  });
}
