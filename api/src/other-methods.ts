import type { App } from "./deps.ts";
import { Problem } from "./errors.ts";

const KNOWN = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

function refuse(app: App, url: string, taken: Set<string>): void {
  const allow = [...taken].join(", ");
  const refusal = async () => {
    throw new Problem("method_not_allowed", `it takes ${allow}`, { headers: { allow } });
  };
  const method = KNOWN.filter((one) => !taken.has(one));
  app.route({ method, url, schema: { hide: true }, onRequest: refusal, handler: refusal });
}

/**
 * Notes the methods of every route added from now on.
 * @returns what, called once they all are, refuses the other methods with a 405 (RFC 9110 15.5.6).
 */
export function otherMethods(app: App): () => void {
  const routes = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    routes.set(url, (routes.get(url) ?? new Set()).union(new Set([method].flat())));
  });
  return () => {
    for (const [url, taken] of routes) refuse(app, url, taken);
  };
}
