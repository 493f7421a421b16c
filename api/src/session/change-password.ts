import { hashPassword, verifyPassword } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import type { Caller } from "../auth.ts";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { keep } from "../resource/keep.ts";
import type { PasswordChange } from "../shapes/session.ts";
import { countAttempt } from "./attempts.ts";
import { placeOf } from "./place.ts";
import { over } from "./refresh.ts";
import { begin } from "./tokens.ts";

const wrong = () => {
  const errors = [{ field: "current", rule: "not your password" }];
  return new Problem("invalid_body", "current: not your password", { errors });
};

/**
 * Gives a person another password. All their sessions end, this one too; the answer begins a new one.
 * @throws Problem invalid_body | too_many_attempts | conflict | LogUnavailable
 */
export async function changePassword(deps: Deps, caller: Caller, body: PasswordChange) {
  const { tenant, user: id = "", ip } = caller;
  const found = deps.directory.find(PLATFORM, "user", id);
  if (found === undefined) throw over();
  const { entity: user, seq: after } = found;
  const giveBack = await countAttempt(deps, user.email, ip);
  if (!(await verifyPassword(body.current, user.passwordHash))) throw wrong();
  await giveBack();
  const passwordHash = await hashPassword(body.new);
  const at = deps.now();
  const entity = { ...user, passwordHash, tokensFrom: at.toISOString() };
  const reason = "changed their password";
  await keep(deps, caller, { tenant: PLATFORM, kind: "user", id, entity, after, reason });
  const place = placeOf(deps, id, tenant);
  if (place === undefined) throw over();
  return begin(deps, place, at.getTime());
}
