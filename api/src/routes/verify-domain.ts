import type { Domain, Entity } from "@waybill/schemas";
import { z } from "zod";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import type { RateLimit } from "../rate-answer.ts";
import { changeOf, readOf } from "../resource/commands.ts";
import { Headers } from "../resource/request.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { domains, recordOf } from "../resources/domains.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

/** Each asks the resolver of this machine for a name of the tenant's choice. */
const LIMIT: RateLimit = { name: "domain-verifications", most: 30, seconds: 60 };

const OF = domains as unknown as Resource<Entity>;

const schema = {
  summary: "Look for a domain's record in DNS, now",
  description: "What is verified stays so until it is deleted, and is not looked up again.",
  tags: [domains.tag],
  params: z.strictObject({ id: z.string().min(1).max(253) }),
  headers: Headers.pick({ "x-reason": true }),
  response: {
    200: json("The domain is verified", domains.view),
    ...problems("not_found", "conflict", "not_verified"),
    ...problems("unauthenticated", "forbidden", "rate_limited", "unavailable"),
  },
};

async function demandRecord({ lookUpTxt }: Deps, domain: Domain): Promise<void> {
  const { name, value } = recordOf(domain);
  const found = await lookUpTxt(name);
  if (found.includes(value)) return;
  const others = found.length === 0 ? "it has no TXT record" : `its ${found.length} say others`;
  throw new Problem("not_verified", `${name} was asked for TXT "${value}": ${others}`);
}

/** A domain that was deleted, or declared anew, while DNS was asked is not the one that was shown. */
async function verify(asked: Asked, id: string, reason = "its record is in DNS") {
  const { deps, caller } = asked;
  const held = deps.directory.find(caller.tenant, "domain", id);
  if (held === undefined || held.entity.verifiedAt !== undefined) return readOf(OF, asked, id);
  await demandRecord(deps, held.entity);
  const verifiedAt = deps.now().toISOString();
  const said = { ifMatch: `"${held.seq}"`, reason };
  return changeOf(OF, asked, id, { verifiedAt }, said);
}

export function verifyDomainRoute(app: App, deps: Deps): void {
  app.post(
    `/${domains.path}/:id/verify`,
    { schema, config: { may: domains.write, limit: LIMIT } },
    async ({ caller, headers, params }, reply) => {
      const asked = { deps, caller: callerOf(caller), params };
      const { body, version } = await verify(asked, params.id, headers["x-reason"]);
      return reply.header("etag", `"${version}"`).send(body);
    },
  );
}
