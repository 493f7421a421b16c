import { z } from "zod";
import { acceptedCounter } from "../accepted-count.ts";
import type { App, Deps } from "../deps.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const Health = z.object({
  status: z.literal("ok"),
  uptime: z.number().describe("seconds"),
  messagesProcessed: z
    .int()
    .describe("messages accepted, of all tenants, as far back as the log is kept"),
});

const schema = {
  summary: "How the relay is, in figures",
  tags: ["health"],
  security: [],
  response: { 200: json("It works", Health), ...problems("unavailable") },
};

export function healthRoute(app: App, deps: Deps): void {
  const accepted = acceptedCounter(deps);
  app.get("/health", { schema, exposeHeadRoute: true }, async () => ({
    status: "ok" as const,
    uptime: process.uptime(),
    messagesProcessed: await accepted(),
  }));
}
