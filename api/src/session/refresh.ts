import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { isSince, placeOf } from "./place.ts";
import { nextToken, presented, type Presented } from "./refresh-token.ts";
import { accessTo, type Tokens } from "./tokens.ts";

/** The session cannot go on. */
export const over = () =>
  new Problem("session_over", "log in again", { headers: { "www-authenticate": "Bearer" } });

async function endOf({ sessions, log }: Deps, { id, session }: Presented, why: string) {
  await sessions.end(id);
  log.warn({ session: id, user: session.user }, why);
  return over();
}

/**
 * Goes on with a session: the token is used up, and another takes its place (RFC 9700 4.14.2). One
 * that was used up before is in two hands, of which one stole it: its session ends. Of two uses in
 * the same instant, so that both found the token good, one wins; the other is told, and nothing ends:
 * two windows of a browser that wake up together do that, and no thief can time it.
 * @throws Problem session_over | conflict | LogUnavailable
 */
export async function refresh(deps: Deps, token: string): Promise<Tokens> {
  const held = await presented(deps, token);
  if (held === undefined) throw over();
  if (!held.isLast) throw await endOf(deps, held, "a refresh token was used twice: session ended");
  const { id, session, version } = held;
  const at = deps.now().getTime();
  const place = placeOf(deps, session.user, session.tenant);
  if (place === undefined || !isSince(place.user, Date.parse(session.startedAt)))
    throw await endOf(deps, held, "the user may not go on: session ended");
  const access = await accessTo(deps, place, id, at);
  const { refreshToken, tokenHash } = nextToken(deps, token);
  const won = await deps.sessions.replace(id, { ...session, tokenHash }, version);
  return won ? { ...access, refreshToken } : lost(deps, token);
}

/** Somebody changed the session meanwhile: another use of the token, its end, or another tenant. */
async function lost(deps: Deps, token: string): Promise<Tokens> {
  const held = await presented(deps, token);
  if (held === undefined) throw over();
  if (held.isLast) return refresh(deps, token);
  throw new Problem("conflict", "it was used in this instant: go on with what that answer brought");
}
