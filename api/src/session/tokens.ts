import type { Deps } from "../deps.ts";
import { signAccessToken } from "./access-token.ts";
import type { Place } from "./place.ts";
import { beginSession } from "./refresh-token.ts";
import { LIFETIME } from "./signing-keys.ts";

/** A user as the user may see it. */
export const shownUser = ({ user: { id, email, name } }: Place) => ({
  id,
  email,
  ...(name !== undefined && { name }),
});

/** What a client is given to act in a place. @param at milliseconds: when the user was looked up. */
export async function accessTo(deps: Deps, place: Place, session: string, at: number) {
  const { user, tenant, role } = place;
  const accessToken = await signAccessToken(deps, { user: user.id, tenant, session, at });
  return { accessToken, expiresIn: LIFETIME, tenant, role, user: shownUser(place) };
}

/** Begins a session in a place. @throws LogUnavailable */
export async function begin(deps: Deps, place: Place, at: number) {
  const { user, tenant } = place;
  const { id, refreshToken } = await beginSession(deps, { user: user.id, tenant, at });
  return { ...(await accessTo(deps, place, id, at)), refreshToken };
}

/** What a client is given that begins a session, or goes on with one. */
export type Tokens = Awaited<ReturnType<typeof begin>>;
