import type { App, Deps } from "./deps.ts";
import { Problem } from "./errors.ts";

/** Who asks: the tenant comes from the key, never from the request. */
export type Caller = { tenant: string; keyId: string };

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

const KEY = /^Bearer +(wb_live_([^_\s]+)_\S+)$/i;

function authenticate(
  { directory, secrets }: Deps,
  header: string | undefined,
): Caller | undefined {
  const [, key = "", id = ""] = KEY.exec(header ?? "") ?? [];
  const found = directory.apiKey(id);
  const known = secrets.matches(key, found?.entity.hash);
  return known && found !== undefined
    ? { tenant: found.tenant, keyId: found.entity.id }
    : undefined;
}

/**
 * Demands an API key (RFC 6750 bearer) of every route of this scope. An unknown key and a wrong one
 * take as long and are answered alike.
 */
export function requireApiKey(app: App, deps: Deps): void {
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request) => {
    request.caller = authenticate(deps, request.headers.authorization) ?? null;
    if (request.caller !== null) return;
    const headers = { "www-authenticate": "Bearer" };
    throw new Problem("unauthenticated", "send Authorization: Bearer wb_live_...", { headers });
  });
}

/** The caller within that scope. */
export function callerOf(caller: Caller | null): Caller {
  if (caller === null) throw new Error("a route that needs a caller is outside the scope of keys");
  return caller;
}
