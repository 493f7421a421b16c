import { userIdOf } from "@waybill/runtime";
import { PLATFORM, type Role } from "@waybill/schemas";
import { Member, Role as RoleShape } from "@waybill/schemas/shapes";
import { z } from "zod";
import type { Caller } from "../auth.ts";
import { Problem } from "../errors.ts";
import { OF_ROLE } from "../permissions.ts";
import { makeOf } from "../resource/commands.ts";
import { keep } from "../resource/keep.ts";
import { merged } from "../resource/merge.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { Name } from "../resource/words.ts";
import { named } from "../shapes/named.ts";
import { Address } from "./addresses.ts";
import { checkGift } from "./check-gift.ts";
import { isLastOwner, settingsToRemove, usesOf } from "./membership.ts";
import { runsPlatform } from "./runs-platform.ts";
import { users } from "./users.ts";

const New = z.strictObject({
  email: Address.toLowerCase(),
  name: Name.optional().describe("of a new user; one who is there keeps theirs"),
  role: RoleShape,
});
const Patch = z.strictObject({ role: RoleShape.optional() });
const View = named(
  "Member",
  Member.omit({ kind: true }).extend({
    email: z.string().optional().describe("absent when the user is there no more"),
    name: z.string().optional(),
  }),
);
const Password = z.string().optional().describe("of a new user; shown this once");

/** The tenant of the path. @throws Problem not_found when it is not there, or not the caller's */
function tenantOf({ deps, caller, params: { tenant = "" } }: Asked): string {
  const isTheirs = tenant === caller.tenant || runsPlatform(caller);
  const isThere = deps.directory.tenant(tenant) !== undefined;
  if (isTheirs && isThere && tenant !== PLATFORM) return tenant;
  throw new Problem("not_found", "no tenant with members has that id");
}

/** @throws Problem forbidden when the role is not theirs to give or to take */
function checkOwner(role: Role | undefined, { may }: Caller): void {
  if (role !== "owner" || may.has("tenant:delete")) return;
  throw new Problem("forbidden", "to make, change or remove an owner takes tenant:delete");
}

/**
 * Makes the user when there is none: then with a password. One who is there comes in only by the
 * platform: whoever made them in another tenant saw their first password.
 */
async function userWith({ email, name }: z.infer<typeof New>, asked: Asked): Promise<object> {
  const tenant = tenantOf(asked);
  const known = asked.deps.directory.find(PLATFORM, "user", userIdOf(email))?.entity;
  if (known !== undefined) {
    if (known.madeIn === tenant || runsPlatform(asked.caller)) return {};
    throw new Problem("forbidden", "somebody has that address already: the platform may add them");
  }
  const reason = `made as a member of ${tenant}`;
  const user = { email, name, role: "user", madeIn: tenant } as const;
  const { once } = await makeOf(users, asked, user, { reason, ifMatch: undefined });
  return once;
}

/** Who is in a tenant, and what they are to it. */
export const members: Resource<Member, z.infer<typeof New>, z.infer<typeof Patch>> = {
  kind: "member",
  path: "tenants/:tenant/members",
  words: ["member", "members"],
  tag: "members",
  view: View,
  made: named("MadeMember", View.extend({ password: Password })),
  new: New,
  patch: Patch,
  read: "members:read",
  write: "members:write",
  home: tenantOf,
  show: ({ id, role, createdAt }, { deps }) => {
    const user = deps.directory.find(PLATFORM, "user", id)?.entity;
    return { id, email: user?.email, name: user?.name, role, createdAt };
  },
  make: async (body, asked) => {
    tenantOf(asked);
    checkOwner(body.role, asked.caller);
    checkGift(OF_ROLE[body.role], asked.caller);
    const once = await userWith(body, asked);
    const createdAt = asked.deps.now().toISOString();
    return {
      entity: { kind: "member", id: userIdOf(body.email), role: body.role, createdAt },
      once,
    };
  },
  guard: ({ role }, { caller }) => checkOwner(role, caller),
  isJudgedByOthers: ({ role }) => role === "owner",
  change: (member, patch, asked) => {
    checkOwner(patch.role, asked.caller);
    if (patch.role !== undefined) checkGift(OF_ROLE[patch.role], asked.caller);
    const isDemoted = patch.role !== undefined && patch.role !== "owner";
    const tenant = tenantOf(asked);
    if (isDemoted && isLastOwner(asked.deps.directory, tenant, member.id))
      throw new Problem("in_use", `it is used by tenant ${tenant}, as its last owner`);
    return { entity: merged(member, patch) };
  },
  usedBy: ({ id }, asked) => usesOf(asked.deps.directory, tenantOf(asked), id),
  beforeRemoval: async ({ id }, asked) => {
    const changes = settingsToRemove(asked, tenantOf(asked), id);
    for (const change of changes) await keep(asked.deps, asked.caller, change);
  },
};
