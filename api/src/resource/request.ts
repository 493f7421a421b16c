import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf } from "../auth.ts";
import type { Deps } from "../deps.ts";
import type { Said } from "./commands.ts";
import type { Asked } from "./resource.ts";

export const Id = z.string().min(1).max(253);

/** Why a change is made, for the log; and the version it follows (RFC 9110 13.1.1). */
export const Headers = z.object({
  "x-reason": z.string().min(1).max(200).optional().describe("why, for the activity log"),
  "if-match": z.string().max(200).optional().describe("the ETag that was read"),
});

/** What makes something follows no version. */
export const Reason = Headers.pick({ "x-reason": true });

type Versioned = { body: object; version: number };

export const saidIn = ({ headers }: FastifyRequest): Said => {
  const one = (name: string) => headers[name] as string | undefined;
  return { ifMatch: one("if-match"), reason: one("x-reason") };
};

/** Who asks, of what. */
export const askedOf = (deps: Deps, { caller, params }: FastifyRequest): Asked => ({
  deps,
  caller: callerOf(caller),
  params: params as Record<string, string>,
});

export const idOf = ({ params }: FastifyRequest): string => (params as { id: string }).id;

/** Answers with an entity, and its version as the ETag. */
export async function answer(reply: FastifyReply, status: number, { body, version }: Versioned) {
  return reply.code(status).header("etag", `"${version}"`).send(body);
}
