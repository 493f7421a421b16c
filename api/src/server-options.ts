import { type FastifyServerOptions, LogController } from "fastify";
import { randomUUID } from "node:crypto";
import { answerClientError } from "./client-error.ts";
import { answerError } from "./error-answer.ts";

/** What the server allows a client, in milliseconds and octets. */
export const SERVER_OPTIONS = {
  /** For the whole request to arrive. */
  requestTimeout: 30_000,
  /** For an answer to be found; routes that stream have their own. */
  handlerTimeout: 30_000,
  /** Without a byte either way: also a client that does not read what it asked for. */
  connectionTimeout: 60_000,
  keepAliveTimeout: 30_000,
  /** An id may be a domain name. */
  routerOptions: { maxParamLength: 253 },
  bodyLimit: 100 * 1024,
  /** What is in hand while the server closes is answered. */
  return503OnClosing: false,
  forceCloseConnections: "idle",
  exposeHeadRoutes: false,
  logController: new LogController({ disableRequestLogging: true }),
  genReqId: () => randomUUID(),
  frameworkErrors: answerError,
  clientErrorHandler: answerClientError,
} as const satisfies FastifyServerOptions;
