import type { DkimKey, Entity } from "@waybill/schemas";
import { z } from "zod";
import { callerOf } from "../auth.ts";
import { keyRecord, whyNotPublished } from "../dkim/key-record.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import type { RateLimit } from "../rate-answer.ts";
import { changeOf, readOf } from "../resource/commands.ts";
import { Id, Reason } from "../resource/request.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { dkimKeys } from "../resources/dkim-keys.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

/** Each asks the resolver of this machine for a name of the tenant's choice. */
const LIMIT: RateLimit = { name: "dkim-verifications", most: 30, seconds: 60 };

const OF = dkimKeys as unknown as Resource<Entity>;

const schema = {
  summary: "Look for a DKIM key's record in DNS, now",
  description:
    "It is looked for each time. A key whose record was found once signs before newer ones that are not.",
  tags: [dkimKeys.tag],
  params: z.strictObject({ id: Id }),
  headers: Reason,
  response: {
    200: json("Its record is in DNS", dkimKeys.view),
    ...problems("not_found", "conflict", "not_verified"),
    ...problems("unauthenticated", "forbidden", "rate_limited", "unavailable"),
  },
};

async function demandRecord({ lookUpTxt }: Deps, key: DkimKey): Promise<void> {
  const { name, value } = keyRecord(key);
  const why = whyNotPublished(key, await lookUpTxt(name));
  if (why === undefined) return;
  throw new Problem("not_verified", `${name} was asked for TXT "${value}": ${why}`);
}

/** A key that was deleted, or made anew, while DNS was asked is not the one that was found. */
async function verify(asked: Asked, id: string, reason = "its record is in DNS") {
  const { deps, caller } = asked;
  const held = deps.directory.find(caller.tenant, "dkimkey", id);
  if (held === undefined) return readOf(OF, asked, id);
  await demandRecord(deps, held.entity);
  if (held.entity.verifiedAt !== undefined) return readOf(OF, asked, id);
  const verifiedAt = deps.now().toISOString();
  return changeOf(OF, asked, id, { verifiedAt }, { ifMatch: `"${held.seq}"`, reason });
}

export function verifyDkimKeyRoute(app: App, deps: Deps): void {
  app.post(
    `/${dkimKeys.path}/:id/verify`,
    { schema, config: { may: dkimKeys.write, limit: LIMIT } },
    async ({ caller, headers, params }, reply) => {
      const asked = { deps, caller: callerOf(caller), params };
      const { body, version } = await verify(asked, params.id, headers["x-reason"]);
      return reply.header("etag", `"${version}"`).send(body);
    },
  );
}
