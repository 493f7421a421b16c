import { gatherMetrics } from "@waybill/runtime/metrics";
import { z } from "zod";
import type { App, Deps } from "../deps.ts";
import { problems } from "../shapes/problem.ts";

/** The text format of Prometheus. */
const TYPE = "text/plain; version=0.0.4; charset=utf-8";

const schema = {
  summary: "What all processes of the installation count, for Prometheus",
  description:
    "Each process that runs stages answers for itself, marked by `stage` and `instance`; one that does not within a second is left out.",
  tags: ["health"],
  response: {
    200: { description: "Text format 0.0.4", content: { "text/plain": { schema: z.string() } } },
    ...problems("unauthenticated", "forbidden", "unavailable"),
  },
};

/** It tells of every tenant: it is for who runs the platform, with a key of the tenant `platform`. */
export function metricsRoute(app: App, deps: Deps): void {
  app.get("/metrics", { schema, config: { may: "platform" } }, async (_request, reply) =>
    reply.type(TYPE).send(await gatherMetrics(deps.nats)),
  );
}
