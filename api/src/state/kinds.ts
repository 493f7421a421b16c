import type { EntityKind } from "@waybill/schemas";
import type { Permission } from "../permissions.ts";

/** What it takes to read each kind of entity, here as in its own list; the relay's own nobody reads. */
export const TO_READ = {
  masterkey: null,
  datakey: null,
  signingkey: null,
  bodyfolder: null,
  tenant: "config:read",
  domain: "config:read",
  limits: "config:read",
  credential: "config:write",
  apikey: "config:write",
  user: "platform",
  member: "members:read",
  usersmtp: "members:read",
  provider: "config:read",
  route: "config:read",
  routeorder: "config:read",
  breaker: "config:read",
  hook: "config:write",
  suppression: "mail:read",
  dkimkey: "config:read",
  erasure: "mail:erase",
} as const satisfies Record<EntityKind, Permission | null>;

export const KINDS = Object.keys(TO_READ) as [EntityKind, ...EntityKind[]];
