import { newMessageId as newId, randomToken } from "@waybill/runtime";
import { Credential } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Problem } from "../errors.ts";
import { merged } from "../resource/merge.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { Line } from "../shapes/line.ts";
import { named } from "../shapes/named.ts";
import { changedAccess, newAccess, prefixOf, withoutHash, LastUse } from "./access.ts";
import { changedRates, Rates, RatesPatch } from "./rates.ts";

const User = Line.max(100).describe("id of the member whose mail it hands in");
const New = z.strictObject({ ...newAccess, user: User.optional(), limits: Rates.optional() });
const Patch = z.strictObject({
  ...changedAccess,
  user: User.nullable().optional(),
  limits: RatesPatch.nullable().optional(),
});
const View = named(
  "SmtpCredential",
  Credential.omit({ kind: true, hash: true }).extend({ lastUsedAt: LastUse }),
);
const Shown = z.string().describe("shown this once");

/** @throws Problem invalid_body when a credential is given to somebody who is no member */
function checkUser(user: string | null | undefined, { deps, caller }: Asked): void {
  const isMember = (id: string) => deps.directory.find(caller.tenant, "member", id) !== undefined;
  if (typeof user !== "string" || isMember(user)) return;
  const rule = "no member of the tenant has that id";
  throw new Problem("invalid_body", `user: ${rule}`, { errors: [{ field: "user", rule }] });
}

/**
 * SMTP credentials: the username is the relay's, so that no other tenant can have it; the password is
 * in the answer that made it, and nowhere else.
 */
export const smtpCredentials: Resource<Credential, z.infer<typeof New>, z.infer<typeof Patch>> = {
  kind: "credential",
  path: "smtp-credentials",
  words: ["SMTP credential", "SMTP credentials"],
  tag: "SMTP credentials",
  view: View,
  made: named("MadeSmtpCredential", View.extend({ password: Shown.optional() })),
  new: New,
  patch: Patch,
  read: "config:write",
  write: "config:write",
  show: withoutHash,
  make: (body, asked) => {
    checkUser(body.user, asked);
    const { deps } = asked;
    const id = newId();
    const password = `${prefixOf(body.test)}${randomToken(24)}`;
    const secret = { username: id, hash: deps.secrets.hash(password) };
    const createdAt = deps.now().toISOString();
    return {
      entity: { kind: "credential", id, ...secret, createdAt, ...body },
      once: { password },
    };
  },
  change: (credential, { limits, ...patch }, asked) => {
    checkUser(patch.user, asked);
    const rates = changedRates(credential.limits, limits);
    return { entity: merged(credential, { ...patch, limits: rates }) };
  },
};
