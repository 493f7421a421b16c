import type { FastifyReply } from "fastify";
import { z } from "zod";
import { callerOf, type Caller } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { conflict, keep } from "../resource/keep.ts";
import { Line } from "../shapes/line.ts";
import { json, named } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";

const Ids = z.array(Line.min(1).max(100)).max(1000);
const Order = named("RoutingOrder", z.object({ ids: Ids }));
const REFUSED = ["unauthenticated", "forbidden", "unavailable"] as const;

const readSchema = {
  summary: "The order in which the routing rules are asked",
  tags: ["routing"],
  response: { 200: json("Their ids, the first one first", Order), ...problems(...REFUSED) },
};

const putSchema = {
  summary: "Set the order in which the routing rules are asked",
  description: "All of them, each once; the order changes as a whole or not at all.",
  tags: ["routing"],
  headers: z.object({
    "x-reason": z.string().min(1).max(200).optional().describe("why, for the activity log"),
    "if-match": z.string().max(200).optional().describe("the ETag that was read"),
  }),
  body: z.strictObject({ ids: Ids }),
  response: {
    200: json("The order as it is now", Order),
    ...problems(...BODY, "conflict", ...REFUSED),
  },
};

/** The order there is, and its version; 0 before it was ever set. */
function orderOf({ directory }: Deps, tenant: string) {
  const ids = [...directory.rules(tenant).order];
  return { ids, version: directory.lastSeq(tenant, "routeorder", "rules") };
}

/** @throws Problem invalid_body unless these are all the ids there are, each once */
function checkComplete(ids: string[], there: string[]): void {
  const [given, wanted] = [new Set(ids), new Set(there)];
  const missing = there.filter((id) => !given.has(id));
  const errors = [
    ...ids.flatMap((id, index) => {
      const rule = ids.indexOf(id) < index ? "named twice" : "nothing has that id";
      return rule === "named twice" || !wanted.has(id) ? [{ field: `ids.${index}`, rule }] : [];
    }),
    ...(missing.length > 0 ? [{ field: "ids", rule: `missing: ${missing.join(", ")}` }] : []),
  ];
  if (errors.length === 0) return;
  throw new Problem("invalid_body", "name every routing rule once", { errors });
}

type Said = { ids: string[]; ifMatch: string | undefined; reason: string | undefined };

async function setOrder(deps: Deps, caller: Caller, { ids, ifMatch, reason = "reordered" }: Said) {
  const { tenant } = caller;
  const { ids: there, version } = orderOf(deps, tenant);
  if (ifMatch !== undefined && !["*", `"${version}"`].includes(ifMatch)) throw conflict(version);
  checkComplete(ids, there);
  const entity = { kind: "routeorder", id: "rules", ids } as const;
  const change = { tenant, kind: entity.kind, id: entity.id, entity, after: version, reason };
  return { ids, version: await keep(deps, caller, change) };
}

const answer = (reply: FastifyReply, { ids, version }: { ids: string[]; version: number }) =>
  reply.header("etag", `"${version}"`).send({ ids });

export function routingOrderRoutes(app: App, deps: Deps): void {
  const url = "/routing-rules/order";
  app.get(url, { schema: readSchema, config: { may: "config:read" } }, async (request, reply) =>
    answer(reply, orderOf(deps, callerOf(request.caller).tenant)),
  );
  app.put(url, { schema: putSchema, config: { may: "config:write" } }, async (request, reply) => {
    const { "x-reason": reason, "if-match": ifMatch } = request.headers;
    const said = { ids: request.body.ids, ifMatch, reason };
    return answer(reply, await setOrder(deps, callerOf(request.caller), said));
  });
}
