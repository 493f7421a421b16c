import { z } from "zod";
import { Slug, Timestamp } from "../names.ts";
import { BodyFolder } from "./body-folder.ts";
import { Breaker } from "./breaker.ts";
import { Erasure } from "./erasure.ts";
import { Hook } from "./hook.ts";
import { DkimKey } from "./dkim.ts";
import { DataKey, MasterKey, SigningKey } from "./keys.ts";
import { ApiKey, Credential } from "./machine.ts";
import { Member, User, UserSmtp } from "./person.ts";
import { Provider } from "./provider.ts";
import { Route, RouteOrder } from "./routing.ts";
import { Suppression } from "./suppression.ts";
import { Domain, Limits, Tenant } from "./tenant.ts";

/** Every kind of entity of the CONTROL stream, closed. */
export const Entity = z.union([
  MasterKey,
  DataKey,
  SigningKey,
  BodyFolder,
  Tenant,
  Domain,
  Limits,
  Credential,
  ApiKey,
  User,
  Member,
  UserSmtp,
  Provider,
  Route,
  RouteOrder,
  Breaker,
  Hook,
  Suppression,
  DkimKey,
  Erasure,
]);
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
  /** Of a removal: the facts before it held personal data, and are overwritten. */
  erased: z.literal(true).optional(),
});
export type ControlFact = z.infer<typeof ControlFact>;
