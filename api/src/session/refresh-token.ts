import { newMessageId as newId, randomToken, type Session } from "@waybill/runtime";
import type { Deps } from "../deps.ts";

/** Family, a secret that its tokens have in common, and the token's own; 192 bits each. */
const FORM = /^wb_refresh_([0-9A-Z]{26})_([\w-]{32})([\w-]{32})$/;
const BYTES = 24;

/**
 * A session with a refresh token of it: the last one, or one that was used. A token made up with the
 * id of a session, which access tokens tell, is of none: it cannot end anything.
 */
export type Presented = { id: string; session: Session; version: number; isLast: boolean };

/** Keeps a new session. @param at milliseconds: when the user was looked up. @throws LogUnavailable */
export async function beginSession(
  { sessions, secrets }: Deps,
  { user, tenant, at }: { user: string; tenant: string; at: number },
): Promise<{ id: string; refreshToken: string }> {
  const id = newId();
  const common = randomToken(BYTES);
  const refreshToken = `wb_refresh_${id}_${common}${randomToken(BYTES)}`;
  const familyHash = secrets.hash(`refresh:${id}:${common}`);
  const tokenHash = secrets.hash(refreshToken);
  const startedAt = new Date(at).toISOString();
  await sessions.create(id, { user, tenant, familyHash, tokenHash, startedAt });
  return { id, refreshToken };
}

/** Whose token it is; undefined when its session is over, or never was. @throws LogUnavailable */
export async function presented(
  { sessions, secrets }: Deps,
  token: string,
): Promise<Presented | undefined> {
  const [, id = "", common = ""] = FORM.exec(token) ?? [];
  const found = await sessions.read(id);
  const isOfFamily = secrets.matches(`refresh:${id}:${common}`, found?.session.familyHash);
  if (!isOfFamily || found === undefined) return undefined;
  return { id, ...found, isLast: secrets.matches(token, found.session.tokenHash) };
}

/** The token that follows one, of the same family. */
export function nextToken({ secrets }: Deps, token: string) {
  const [, id, common] = FORM.exec(token) ?? [];
  const refreshToken = `wb_refresh_${id}_${common}${randomToken(BYTES)}`;
  return { refreshToken, tokenHash: secrets.hash(refreshToken) };
}
