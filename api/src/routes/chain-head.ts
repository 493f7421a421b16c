import { lastLink } from "@waybill/runtime";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { ChainHead } from "../shapes/chain.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const schema = {
  summary: "The end of the hash chain over the tenant's events",
  description:
    "Noted elsewhere, its hash shows later that the log up to `seq` was not made anew. " +
    "`not_found` before the first event was sealed, which takes about a second.",
  tags: ["audit"],
  response: {
    200: json("The last link", ChainHead),
    ...problems("unauthenticated", "forbidden", "not_found", "unavailable"),
  },
};

export function chainHeadRoute(app: App, { nats }: Deps): void {
  app.get("/audit/chain", { schema, config: { may: "mail:read" } }, async ({ caller }) => {
    const last = await lastLink(nats, callerOf(caller).tenant);
    const seq = last?.link.leaves.at(-1)?.[0];
    if (last === undefined || seq === undefined)
      throw new Problem("not_found", "no event is sealed yet");
    return { hash: last.link.hash, seq, time: last.time.toISOString() };
  });
}
