import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { changeSettings, settingsOf } from "../limits/settings.ts";
import { standingOf } from "../limits/standing.ts";
import type { Permission } from "../permissions.ts";
import { answer, askedOf, Headers, Id, saidIn } from "../resource/request.ts";
import {
  LimitSettings,
  LimitsPage,
  PlatformsPatch,
  TenantsPatch,
  type LimitsPatch,
} from "../shapes/limits.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { paging } from "../shapes/query.ts";

const REFUSED = ["not_found", "unauthenticated", "forbidden", "unavailable"] as const;
const Paging = z.strictObject(paging);

const read = {
  summary: "Every limit, how much of it is used, and when it begins again",
  tags: ["limits"],
  querystring: Paging,
  response: {
    200: json("A page of limits, and what is set", LimitsPage),
    ...problems("invalid_request", "bad_cursor", ...REFUSED),
  },
};
const change = {
  description: "A merge patch (RFC 7396): what is absent stays, what is null has no limit.",
  tags: ["limits"],
  headers: Headers,
  response: {
    200: json("What is set now", LimitSettings),
    ...problems(...BODY, "conflict", ...REFUSED),
  },
};

/** Under which address, by whom, and of which tenant. */
type Place = {
  url: string;
  params: z.ZodType;
  may: { read: Permission; write: Permission };
  patch: { summary: string; body: z.ZodType<LimitsPatch> };
  tenantOf: (request: FastifyRequest, deps: Deps) => string;
};

/** A tenant reads all its limits, and sets those of its credentials and users. */
const OWN: Place = {
  url: "/limits",
  params: z.strictObject({}),
  may: { read: "config:read", write: "config:write" },
  patch: { summary: "Limit each credential and each user", body: TenantsPatch },
  tenantOf: ({ caller }) => callerOf(caller).tenant,
};

/** The platform reads and sets those of any tenant. */
const OF_TENANT: Place = {
  url: "/tenants/:tenant/limits",
  params: z.strictObject({ tenant: Id }),
  may: { read: "platform", write: "platform" },
  patch: { summary: "Limit a tenant", body: PlatformsPatch },
  tenantOf: ({ params }, { directory }) => {
    const { tenant } = params as { tenant: string };
    if (directory.tenant(tenant) !== undefined) return tenant;
    throw new Problem("not_found", "nothing has that id");
  },
};

function addLimits(app: App, deps: Deps, { url, params, may, patch, tenantOf }: Place): void {
  const readable = { schema: { ...read, params }, config: { may: may.read } };
  const writable = { schema: { ...change, ...patch, params }, config: { may: may.write } };
  app.get(url, readable, async (request, reply) => {
    const tenant = tenantOf(request, deps);
    const { body: limits, version } = settingsOf(deps, tenant);
    const standing = await standingOf(deps, tenant, request.query);
    return answer(reply, 200, { body: { limits, ...standing }, version });
  });
  app.patch(url, writable, async (request, reply) => {
    const tenant = tenantOf(request, deps);
    const asked = askedOf(deps, request);
    return answer(reply, 200, await changeSettings(asked, tenant, request.body, saidIn(request)));
  });
}

export function limitsRoutes(app: App, deps: Deps): void {
  addLimits(app, deps, OWN);
  addLimits(app, deps, OF_TENANT);
}
