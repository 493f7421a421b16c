import { z } from "zod";
import { Slug, Timestamp } from "./names.ts";

/** What a tenant wants done about an outcome nobody knows: at least once, or at most once. */
export const AmbiguityPolicy = z.enum(["retry", "deadletter"]);
export type AmbiguityPolicy = z.infer<typeof AmbiguityPolicy>;

export const Tenant = z.object({
  kind: z.literal("tenant"),
  id: Slug,
  name: z.string(),
  /** Messages of this tenant in delivery at once. */
  concurrency: z.int().min(1),
  /** Seconds between one attempt and the next; the message is a dead letter after the last. */
  retryLadder: z.array(z.number().min(0)),
  onAmbiguous: AmbiguityPolicy,
});
export type Tenant = z.infer<typeof Tenant>;

/** From when to when, and from where, a secret of a machine opens anything. */
const access = {
  createdAt: Timestamp.optional(),
  /** From this moment on it opens nothing. */
  expiresAt: Timestamp.optional(),
  /** CIDR blocks it may be used from; from anywhere when absent. */
  networks: z.array(z.string()).optional(),
};

/** A machine's login for submission. The username is unique in the installation. */
export const Credential = z.object({
  kind: z.literal("credential"),
  id: z.string(),
  name: z.string().optional(),
  username: z.string(),
  /** HMAC-SHA256 of the password under the master key, hex. */
  hash: z.string(),
  ...access,
});
export type Credential = z.infer<typeof Credential>;

/** What a key may do: read what became of mail; command, and change the tenant's configuration. */
export const Scope = z.enum(["read", "admin"]);
export type Scope = z.infer<typeof Scope>;

/** A key for the API: `wb_live_<id>_<secret>`. */
export const ApiKey = z.object({
  kind: z.literal("apikey"),
  id: z.string(),
  name: z.string(),
  /** HMAC-SHA256 of the whole key under the master key, hex. */
  hash: z.string(),
  /** All of them when absent. */
  scopes: z.array(Scope).optional(),
  ...access,
});
export type ApiKey = z.infer<typeof ApiKey>;

/** A person. */
export const User = z.object({
  kind: z.literal("user"),
  id: z.string(),
  email: z.string(),
  role: z.enum(["admin"]),
  /** scrypt, in the form `scrypt$N$r$p$salt$hash` (base64url). */
  passwordHash: z.string(),
});
export type User = z.infer<typeof User>;

/** An SMTP server that takes our mail. */
export const SmtpSettings = z.object({
  host: z.string(),
  port: z.int().min(1).max(65535),
  /** `implicit`: TLS from the first byte; `starttls`: required; `opportunistic`: if offered; `none`. */
  tls: z.enum(["implicit", "starttls", "opportunistic", "none"]),
  /** Verify the server's certificate. */
  verify: z.boolean(),
  auth: z
    .object({
      method: z.enum(["PLAIN", "LOGIN"]),
      username: z.string(),
      sealedPassword: z.string(),
    })
    .optional(),
  /** Milliseconds. */
  timeouts: z.object({ connect: z.int(), greeting: z.int(), socket: z.int() }).optional(),
});
export type SmtpSettings = z.infer<typeof SmtpSettings>;

const provider = {
  kind: z.literal("provider"),
  id: z.string(),
  name: z.string(),
  /** Connections, or requests, at once. */
  concurrency: z.int().min(1),
};

export const SmtpProvider = z.object({ ...provider, type: z.literal("smtp"), smtp: SmtpSettings });
export type SmtpProvider = z.infer<typeof SmtpProvider>;

export const SandboxProvider = z.object({ ...provider, type: z.literal("sandbox") });
export type SandboxProvider = z.infer<typeof SandboxProvider>;

/** A way out: who carries mail. */
export const Provider = z.discriminatedUnion("type", [SmtpProvider, SandboxProvider]);
export type Provider = z.infer<typeof Provider>;

/**
 * Which provider carries a tenant's mail. Routes are asked in the order of `position`; one marked
 * `lastResort` only after the system-wide provider and the one of the environment.
 */
export const Route = z.object({
  kind: z.literal("route"),
  id: z.string(),
  position: z.int(),
  provider: z.string(),
  lastResort: z.boolean(),
});
export type Route = z.infer<typeof Route>;

/** What shows that a process has the master key that this installation was made with. */
export const MasterKey = z.object({
  kind: z.literal("masterkey"),
  id: z.string(),
  /** A known text, sealed under the key. */
  sealed: z.string(),
});
export type MasterKey = z.infer<typeof MasterKey>;

/** Every kind of entity of the CONTROL stream, closed. */
export const Entity = z.union([MasterKey, Tenant, Credential, ApiKey, User, Provider, Route]);
export type Entity = z.infer<typeof Entity>;
export type EntityKind = Entity["kind"];

/** The full state of one entity after a change, with who changed it and why. `entity` null: removed. */
export const ControlFact = z.object({
  tenant: Slug,
  kind: z.string(),
  id: z.string(),
  time: Timestamp,
  actor: z.string(),
  /** Address the change was asked from; absent for the relay's own. */
  ip: z.string().optional(),
  reason: z.string(),
  entity: Entity.nullable(),
});
export type ControlFact = z.infer<typeof ControlFact>;
