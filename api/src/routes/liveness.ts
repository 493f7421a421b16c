import { z } from "zod";
import type { App } from "../deps.ts";
import { json } from "../shapes/named.ts";

const schema = {
  summary: "The process is alive",
  tags: ["health"],
  security: [],
  response: { 200: json("It is", z.object({ status: z.literal("alive") })) },
};

export function livenessRoute(app: App): void {
  app.get("/healthz", { schema, exposeHeadRoute: true }, () => ({ status: "alive" as const }));
}
