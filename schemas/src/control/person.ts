import { z } from "zod";
import { Slug, Timestamp } from "../names.ts";

/** A person who can log in; of the installation, not of a tenant. The id is made from the address. */
export const User = z.object({
  kind: z.literal("user"),
  id: z.string(),
  /** In lower case. */
  email: z.string(),
  name: z.string().optional(),
  /** `admin` runs the platform: every tenant, and who there is. */
  role: z.enum(["admin", "user"]),
  /** scrypt, in the form `scrypt$N$r$p$salt$hash` (base64url). */
  passwordHash: z.string(),
  /** The tenant whose administrator made them, and so saw their first password. */
  madeIn: Slug.optional(),
  createdAt: Timestamp.optional(),
  /** Tokens made before this moment open nothing any more. */
  tokensFrom: Timestamp.optional(),
});
export type User = z.infer<typeof User>;

/** What a member is to a tenant, from most to least. */
export const Role = z.enum(["owner", "admin", "member", "viewer"]);
export type Role = z.infer<typeof Role>;

/** A user's place in a tenant; the id is the user's. */
export const Member = z.object({
  kind: z.literal("member"),
  id: z.string(),
  role: Role,
  createdAt: Timestamp.optional(),
});
export type Member = z.infer<typeof Member>;

/** A user's own SMTP server in a tenant; the id is the user's. */
export const UserSmtp = z.object({
  kind: z.literal("usersmtp"),
  id: z.string(),
  host: z.string(),
  port: z.int().min(1).max(65535),
  /** TLS from the first byte; otherwise STARTTLS where it is offered. */
  secure: z.boolean(),
  user: z.string(),
  sealedPassword: z.string(),
  updatedAt: Timestamp,
  /** Id of the user who saved them. */
  updatedBy: z.string(),
});
export type UserSmtp = z.infer<typeof UserSmtp>;
