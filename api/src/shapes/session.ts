import { Role, Slug } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Line } from "./line.ts";
import { named } from "./named.ts";

/** 320 is the longest address (RFC 3696, erratum 1690). */
const Email = Line.min(1).max(320).toLowerCase();
const Given = Line.min(1).max(200);
const Chosen = Line.min(12).max(200);
const RefreshToken = Line.min(1).max(200);

export const Login = z.strictObject({
  email: Email,
  password: Given,
  tenant: Slug.optional().describe("the first one is it, when absent"),
});
export type Login = z.infer<typeof Login>;

export const Refresh = z.strictObject({ refreshToken: RefreshToken });
export const Switch = z.strictObject({ tenant: Slug });
export const PasswordChange = z.strictObject({ current: Given, new: Chosen });
export type PasswordChange = z.infer<typeof PasswordChange>;

const RoleHere = z.union([Role, z.literal("platform")]);
const Person = named(
  "Person",
  z.object({ id: z.string(), email: z.string(), name: z.string().optional() }),
);

export const Access = named(
  "Access",
  z.object({
    accessToken: z.string().describe("for `Authorization: Bearer`"),
    expiresIn: z.int().describe("seconds"),
    tenant: Slug,
    role: RoleHere,
    user: Person,
  }),
);

export const Tokens = named(
  "Tokens",
  Access.extend({ refreshToken: z.string().describe("good for one use") }),
);

export const Me = named(
  "Me",
  z.object({
    user: Person,
    tenant: Slug,
    role: RoleHere,
    permissions: z.array(z.string()),
    tenants: z
      .array(z.object({ id: Slug, name: z.string(), role: RoleHere }))
      .describe("those one is a member of"),
  }),
);

export const KeySet = named(
  "KeySet",
  z.object({ keys: z.array(z.record(z.string(), z.unknown())).describe("JWK, RFC 7517") }),
);
