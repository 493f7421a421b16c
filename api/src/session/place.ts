import { PLATFORM, type Role, type User } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { OF_PLATFORM, OF_ROLE, type Permission } from "../permissions.ts";

/** A user in a tenant, and what they may do there. */
export type Place = {
  user: User;
  tenant: string;
  role: Role | "platform";
  may: readonly Permission[];
};

type Known = Pick<Deps, "directory">;

const userOf = ({ directory }: Known, id: string) => directory.find(PLATFORM, "user", id)?.entity;

/** The place as of now; undefined when there is no such user or tenant, or one is not a member. */
export function placeOf(deps: Known, userId: string, tenant: string): Place | undefined {
  const { directory } = deps;
  const user = userOf(deps, userId);
  if (user === undefined) return undefined;
  const isTenant = directory.tenant(tenant) !== undefined;
  if (user.role === "admin")
    return isTenant || tenant === PLATFORM
      ? { user, tenant, role: "platform", may: OF_PLATFORM }
      : undefined;
  // What is the platform's counts for every tenant: no role of a member opens it.
  if (tenant === PLATFORM) return undefined;
  const member = isTenant ? directory.find(tenant, "member", userId)?.entity : undefined;
  return member && { user, tenant, role: member.role, may: OF_ROLE[member.role] };
}

/** All the tenants a user is a member of, by slug. */
export const placesOf = (deps: Known, userId: string): Place[] =>
  deps.directory
    .tenantsOf(userId)
    .map((tenant) => placeOf(deps, userId, tenant))
    .filter((place) => place !== undefined);

/** Where a user begins who names no tenant: the platform for its administrators, else the first. */
export const firstPlaceOf = (deps: Known, userId: string): Place | undefined =>
  userOf(deps, userId)?.role === "admin"
    ? placeOf(deps, userId, PLATFORM)
    : placesOf(deps, userId)[0];

/**
 * Whether what a user was given at that time, in milliseconds, opens anything still. A user who was
 * deleted and made again has the id of before, and none of its sessions.
 */
export const isSince = ({ tokensFrom, createdAt }: User, time: number): boolean =>
  [tokensFrom, createdAt].every((from) => from === undefined || time >= Date.parse(from));
