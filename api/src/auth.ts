import { isOpen } from "@waybill/runtime";
import type { Scope } from "@waybill/schemas";
import type { FastifyRequest } from "fastify";
import type { App, Deps } from "./deps.ts";
import { Problem } from "./errors.ts";

/** Who asks: the tenant comes from the key, never from the request. */
export type Caller = { tenant: string; keyId: string; ip: string; scopes: readonly Scope[] };

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** What a key must be allowed to; `read` when a route does not say. */
    scope?: Scope;
  }
}

const KEY = /^Bearer +(wb_live_([^_\s]+)_\S+)$/i;
const ALL: readonly Scope[] = ["read", "admin"];

function authenticate(deps: Deps, { headers, ip }: FastifyRequest): Caller | undefined {
  const [, key = "", id = ""] = KEY.exec(headers.authorization ?? "") ?? [];
  const found = deps.directory.apiKey(id);
  const known = deps.secrets.matches(key, found?.entity.hash);
  if (!known || found === undefined || !isOpen(found.entity, ip, deps.now())) return;
  const { tenant, entity } = found;
  return { tenant, keyId: entity.id, ip, scopes: entity.scopes ?? ALL };
}

/**
 * Demands an API key (RFC 6750 bearer) of every route of this scope, with the right the route needs.
 * A key that is unknown, wrong, expired or used from elsewhere takes as long and is answered alike.
 */
export function requireApiKey(app: App, deps: Deps): void {
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request) => {
    const caller = authenticate(deps, request);
    const headers = { "www-authenticate": "Bearer" };
    if (caller === undefined)
      throw new Problem("unauthenticated", "send Authorization: Bearer wb_live_...", { headers });
    request.caller = caller;
    const needed = request.routeOptions.config.scope ?? "read";
    if (!caller.scopes.includes(needed))
      throw new Problem("forbidden", `it takes a key with the scope ${needed}`);
  });
}

/** The caller within that scope. */
export function callerOf(caller: Caller | null): Caller {
  if (caller === null) throw new Error("a route that needs a caller is outside the scope of keys");
  return caller;
}
