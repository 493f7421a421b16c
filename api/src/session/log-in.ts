import { verifyPassword } from "@waybill/runtime";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import type { Login } from "../shapes/session.ts";
import { countAttempt } from "./attempts.ts";
import { firstPlaceOf, placeOf } from "./place.ts";
import { begin } from "./tokens.ts";

const wrong = () =>
  new Problem("wrong_login", "try again, or ask an administrator for another password", {
    headers: { "www-authenticate": "Bearer" },
  });

/**
 * Begins a session of a person who knows their password.
 * @throws Problem wrong_login | too_many_attempts | forbidden when they are not in that tenant, or in none
 */
export async function logIn(deps: Deps, { email, password, tenant }: Login, ip: string) {
  const giveBack = await countAttempt(deps, email, ip);
  // From here on: a password that is changed while this one is checked ends the session.
  const at = deps.now().getTime();
  const user = deps.directory.user(email)?.entity;
  const isRight = await verifyPassword(password, user?.passwordHash);
  if (!isRight || user === undefined) throw wrong();
  await giveBack();
  const place = tenant === undefined ? firstPlaceOf(deps, user.id) : placeOf(deps, user.id, tenant);
  if (place === undefined) throw new Problem("forbidden", "you are not a member of that tenant");
  return begin(deps, place, at);
}
