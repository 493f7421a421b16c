import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "./deps.ts";
import { Problem } from "./errors.ts";
import { problemOf } from "./problem-of.ts";

/** Answers any error as a problem, and logs what caused one that is not the client's doing. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  if (problem.status >= 500) request.log.error({ err: problem.cause ?? problem }, problem.message);
  void reply
    .code(problem.status)
    .headers(problem.headers)
    .removeHeader("content-length")
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problem.body());
}

/** Makes every error of a server's routes, and an unknown route, a problem (RFC 9457). */
export function answerErrors(app: App): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    answerError(new Problem("unknown_route", "see the API's document"), request, reply);
  });
}
