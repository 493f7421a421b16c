import { z } from "zod";
import { Timestamp } from "../names.ts";

/** From when to when, and from where, a secret of a machine opens anything. */
const access = {
  createdAt: Timestamp.optional(),
  /** From this moment on it opens nothing. */
  expiresAt: Timestamp.optional(),
  /** CIDR blocks it may be used from; from anywhere when absent. */
  networks: z.array(z.string()).optional(),
  /** Reaches only the sandbox. */
  test: z.boolean().optional(),
};

/** A machine's login for submission. The username is unique in the installation. */
export const Credential = z.object({
  kind: z.literal("credential"),
  id: z.string(),
  name: z.string().optional(),
  username: z.string(),
  /** HMAC-SHA256 of the password under the hashing key, hex. */
  hash: z.string(),
  /** The user whose mail it hands in: their SMTP settings carry it, their limits count it. */
  user: z.string().optional(),
  /** Messages an hour and a day; the tenant's `perCredential` when absent. */
  limits: z
    .object({ hourly: z.int().min(0).optional(), daily: z.int().min(0).optional() })
    .optional(),
  ...access,
});
export type Credential = z.infer<typeof Credential>;

/** What a key may do: read what became of mail; send mail; command, and change the tenant's configuration. */
export const Scope = z.enum(["read", "send", "admin"]);
export type Scope = z.infer<typeof Scope>;

/** A key for the API: `wb_live_<id>_<secret>`, or `wb_test_...`. */
export const ApiKey = z.object({
  kind: z.literal("apikey"),
  id: z.string(),
  name: z.string(),
  /** HMAC-SHA256 of the whole key under the hashing key, hex. */
  hash: z.string(),
  /** All of them when absent. */
  scopes: z.array(Scope).optional(),
  ...access,
});
export type ApiKey = z.infer<typeof ApiKey>;
