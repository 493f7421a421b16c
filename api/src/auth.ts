import type { FastifyRequest } from "fastify";
import { byApiKey } from "./by-api-key.ts";
import { byOidc } from "./by-oidc.ts";
import { bySession } from "./by-session.ts";
import type { App, Deps } from "./deps.ts";
import { Problem } from "./errors.ts";
import type { Permission } from "./permissions.ts";

/** Who asks: tenant and permissions come from what they present, never from the request. */
export type Caller = {
  tenant: string;
  /** As the log names them: `apikey:<id>`, `user:<id>` or `oidc:<subject>`. */
  actor: string;
  /** The person, when it is one. */
  user?: string;
  /** The id of that person's session. */
  session?: string;
  ip: string;
  may: ReadonlySet<Permission>;
};

/** Tells a bearer token's caller; undefined when it is none of its kind, or opens nothing. */
export type Authenticator = (
  deps: Deps,
  token: string,
  ip: string,
) => Promise<Caller | undefined> | Caller | undefined;

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** What a caller must be allowed to; every route that needs a caller names it. */
    may?: Permission;
  }
}

const BEARER = /^Bearer +(\S{1,4096})$/i;
const AUTHENTICATORS: readonly Authenticator[] = [byApiKey, bySession, byOidc];

async function authenticate(deps: Deps, { headers, ip }: FastifyRequest) {
  const token = BEARER.exec(headers.authorization ?? "")?.[1] ?? "";
  for (const by of AUTHENTICATORS) {
    const caller = await by(deps, token, ip);
    if (caller !== undefined) return caller;
  }
  return undefined;
}

/**
 * Demands a bearer token (RFC 6750) of every route of this scope, with the permission the route
 * names. One that is unknown, wrong, expired or used from elsewhere is answered alike.
 */
export function requireCaller(app: App, deps: Deps): void {
  app.decorateRequest("caller", null);
  app.addHook("onRoute", ({ config, url }) => {
    if (config?.may === undefined)
      throw new Error(`${url} does not say what its caller must be allowed to`);
  });
  app.addHook("onRequest", async (request) => {
    const caller = await authenticate(deps, request);
    const headers = { "www-authenticate": "Bearer" };
    if (caller === undefined)
      throw new Problem("unauthenticated", "send Authorization: Bearer <API key or access token>", {
        headers,
      });
    request.caller = caller;
    const needed = request.routeOptions.config.may;
    if (needed === undefined || !caller.may.has(needed))
      throw new Problem("forbidden", `it takes the permission ${needed}`);
  });
}

/** The caller within that scope. */
export function callerOf(caller: Caller | null): Caller {
  if (caller === null) throw new Error("a route that needs a caller is outside the scope of keys");
  return caller;
}
