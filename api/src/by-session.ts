import type { Authenticator } from "./auth.ts";
import { readAccessToken } from "./session/access-token.ts";
import { isSince, placeOf } from "./session/place.ts";

/** A person's caller. User and membership are as of now: a token says who somebody is, not what they may. */
export const bySession: Authenticator = async (deps, token, ip) => {
  const claims = await readAccessToken(deps, token);
  if (claims === undefined) return undefined;
  const { user, tenant, session, at } = claims;
  const place = placeOf(deps, user, tenant);
  if (place === undefined || !isSince(place.user, at)) return undefined;
  return { tenant, actor: `user:${user}`, user, session, ip, may: new Set(place.may) };
};
