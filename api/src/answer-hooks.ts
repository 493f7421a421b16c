import type { App } from "./deps.ts";

/** Headers of every answer: never kept by a cache, never guessed to be a page, found in our log. */
export function answerHeaders(app: App): void {
  app.addHook("onRequest", async ({ id }, reply) => {
    reply.headers({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-request-id": id,
    });
  });
}

/** One line of log for each answer; never the query, which holds addresses. */
export function logAnswers(app: App): void {
  app.addHook("onResponse", async ({ caller, log, method, routeOptions }, reply) => {
    const { statusCode: status, elapsedTime } = reply;
    const fields = { method, route: routeOptions.url, status, ms: Math.round(elapsedTime) };
    log.info({ ...fields, tenant: caller?.tenant }, "answered");
  });
}
