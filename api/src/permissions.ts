import type { Role, Scope } from "@waybill/schemas";

/** What a route may demand of its caller. */
export type Permission =
  | "session:own"
  | "mail:read"
  | "mail:send"
  | "mail:operate"
  | "mail:erase"
  | "settings:own"
  | "config:read"
  | "config:write"
  | "members:read"
  | "members:write"
  | "tenant:delete"
  | "platform";

const READER: Permission[] = ["mail:read", "config:read"];
const VIEWER: Permission[] = ["session:own", ...READER];
const MEMBER: Permission[] = [...VIEWER, "mail:send", "mail:operate", "settings:own"];
const ADMIN: Permission[] = [
  ...MEMBER,
  "mail:erase",
  "config:write",
  "members:read",
  "members:write",
];
const OWNER: Permission[] = [...ADMIN, "tenant:delete"];

/** What each role of a tenant may do; `docs/permissions.md` holds the same table. */
export const OF_ROLE: Record<Role, readonly Permission[]> = {
  viewer: VIEWER,
  member: MEMBER,
  admin: ADMIN,
  owner: OWNER,
};

/** What an administrator of the platform may do, in every tenant. */
export const OF_PLATFORM: readonly Permission[] = [...OWNER, "platform"];

/** What only a person of ours may do, and nobody who merely has a role. */
export const OF_PERSONS: readonly Permission[] = ["session:own", "settings:own"];

/** What each scope of an API key adds. A key is nobody's, so it has no settings of its own. */
export const OF_SCOPE: Record<Scope, readonly Permission[]> = {
  read: READER,
  send: ["mail:send"],
  admin: [
    "mail:operate",
    "mail:erase",
    "config:read",
    "config:write",
    "members:read",
    "members:write",
  ],
};

/** All scopes, which a key without any written down has. */
export const SCOPES = Object.keys(OF_SCOPE) as Scope[];
