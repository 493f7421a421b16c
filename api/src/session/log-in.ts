import { verifyPassword } from "@waybill/runtime";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import type { Login } from "../shapes/session.ts";
import { countAttempt } from "./attempts.ts";
import { firstPlaceOf, type Place, placeOf } from "./place.ts";
import { begin } from "./tokens.ts";

const wrong = () =>
  new Problem("wrong_login", "try again, or ask an administrator for another password", {
    headers: { "www-authenticate": "Bearer" },
  });

/** The user whose password it is, and still was when that was found out. */
async function whoKnows({ directory }: Deps, email: string, password: string) {
  const user = directory.user(email)?.entity;
  const isRight = await verifyPassword(password, user?.passwordHash);
  const isStill = directory.user(email)?.entity.passwordHash === user?.passwordHash;
  return isRight && isStill ? user : undefined;
}

/** Where a user begins. @throws Problem forbidden */
function placeIn(deps: Deps, user: string, tenant: string | undefined): Place {
  const place = tenant === undefined ? firstPlaceOf(deps, user) : placeOf(deps, user, tenant);
  if (place !== undefined) return place;
  const where = tenant === undefined ? "any tenant" : "that tenant";
  throw new Problem("forbidden", `you are not a member of ${where}`);
}

/**
 * Begins a session of a person who knows their password.
 * @throws Problem wrong_login | too_many_attempts | forbidden when they are not in that tenant, or in none
 */
export async function logIn(deps: Deps, { email, password, tenant }: Login, ip: string) {
  const giveBack = await countAttempt(deps, email, ip);
  const at = deps.now().getTime();
  const user = await whoKnows(deps, email, password);
  if (user === undefined) throw wrong();
  await giveBack();
  return begin(deps, placeIn(deps, user.id, tenant), at);
}
