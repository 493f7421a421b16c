import { hashPassword, randomToken, userIdOf } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import { User } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Problem } from "../errors.ts";
import { merged } from "../resource/merge.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { Name } from "../resource/words.ts";
import { named } from "../shapes/named.ts";
import { Address } from "./addresses.ts";
import { leaveAll, usesOf } from "./membership.ts";

const Role = User.shape.role;
const New = z.strictObject({
  email: Address.toLowerCase(),
  name: Name.optional(),
  role: Role.default("user").describe("admin runs the platform"),
});
const Patch = z.strictObject({ name: Name.nullable().optional(), role: Role.optional() });
const View = named(
  "User",
  User.pick({ id: true, email: true, name: true, role: true, createdAt: true }),
);

/** A user as the answers show it that gave a new password. */
export const MadeUser = named(
  "MadeUser",
  View.extend({ password: z.string().optional().describe("shown this once") }),
);

/** A new password for a person, and the same as it is stored. */
export async function newPassword() {
  const password = randomToken(18);
  return { password, passwordHash: await hashPassword(password) };
}

const LAST_ADMIN = "the platform, as its last administrator";

function isLastAdmin({ id }: User, { deps }: Asked): boolean {
  const admins = deps.directory.entities(PLATFORM, "user").filter(({ role }) => role === "admin");
  return admins.length === 1 && admins[0]?.id === id;
}

/** The people of the installation, whose address is who they are. */
export const users: Resource<
  User,
  z.infer<typeof New> & Pick<User, "madeIn">,
  z.infer<typeof Patch>
> = {
  kind: "user",
  path: "users",
  words: ["user", "users"],
  tag: "users",
  view: View,
  made: MadeUser,
  new: New,
  patch: Patch,
  read: "platform",
  write: "platform",
  show: ({ id, email, name, role, createdAt }) => ({ id, email, name, role, createdAt }),
  home: () => PLATFORM,
  make: async ({ email, name, role, madeIn }, asked) => {
    const id = userIdOf(email);
    const isNew = asked.deps.directory.find(PLATFORM, "user", id) === undefined;
    if (isNew) await leaveAll(asked, id, "left over from the user who had the address before");
    const { password, passwordHash } = await newPassword();
    const createdAt = asked.deps.now().toISOString();
    return {
      entity: { kind: "user", id, email, name, role, passwordHash, madeIn, createdAt },
      once: { password },
    };
  },
  change: (user, patch, asked) => {
    if (patch.role === "user" && isLastAdmin(user, asked))
      throw new Problem("in_use", `it is used by ${LAST_ADMIN}`);
    return { entity: merged(user, patch) };
  },
  isJudgedByOthers: ({ role }) => role === "admin",
  usedBy: (user, asked) => {
    const { directory } = asked.deps;
    const uses = directory.tenantsOf(user.id).flatMap((slug) => usesOf(directory, slug, user.id));
    return isLastAdmin(user, asked) ? [LAST_ADMIN, ...uses] : uses;
  },
  beforeRemoval: ({ id }, asked) => leaveAll(asked, id, "the user was deleted"),
};
