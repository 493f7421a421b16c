import { z } from "zod";
import type { App, Deps } from "../deps.ts";
import { readiness } from "../readiness.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const Ready = z.object({
  status: z.literal("ready"),
  log: z.int().describe("sequence of the last entry of the log, timers included"),
  views: z.int().describe("sequence of the last event the views hold"),
});

const schema = {
  summary: "All parts the API needs answer",
  tags: ["health"],
  security: [],
  response: { 200: json("They do", Ready), ...problems("not_ready") },
};

export function readinessRoute(app: App, deps: Deps): void {
  app.get("/readyz", { schema, exposeHeadRoute: true }, async () => ({
    status: "ready" as const,
    ...(await readiness(deps)),
  }));
}
