import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Deps } from "../deps.ts";
import { isCanonical } from "./canonical.ts";
import { ALGORITHM, LIFETIME, signingKey, verificationKey } from "./signing-keys.ts";

/** Whom a token is for: this API (RFC 7519 4.1.3). */
const AUDIENCE = "waybill-api";
/** RFC 9068 2.1. */
const TYPE = "at+jwt";

/** What a token says; `at` is when it was made, in milliseconds. */
export type Claims = { user: string; tenant: string; session: string; at: number };

const Payload = z.object({
  sub: z.string(),
  tenant: z.string(),
  sid: z.string(),
  iat: z.number(),
});

/** Makes an access token (RFC 7519) that lives for LIFETIME seconds. @throws LogUnavailable */
export async function signAccessToken(deps: Deps, claims: Claims): Promise<string> {
  const { user, tenant, session, at } = claims;
  const { kid, key } = await signingKey(deps);
  // With its milliseconds: a change of the password in the same second ends it too.
  const issued = at / 1000;
  return new SignJWT({ tenant, sid: session })
    .setProtectedHeader({ alg: ALGORITHM, kid, typ: TYPE })
    .setIssuer(deps.config.WAYBILL_TOKEN_ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(user)
    .setIssuedAt(issued)
    .setExpirationTime(issued + LIFETIME)
    .sign(key);
}

/** What a token of ours says; undefined when it is none, or is over. @throws LogUnavailable */
export async function readAccessToken(deps: Deps, token: string): Promise<Claims | undefined> {
  if (!isCanonical(token)) return undefined;
  try {
    const payload = await verified(deps, token);
    const { sub: user, tenant, sid: session, iat } = Payload.parse(payload);
    return { user, tenant, session, at: Math.round(iat * 1000) };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

async function verified(deps: Deps, token: string): Promise<object> {
  const keyOf = async ({ kid }: { kid?: string }) => {
    const key = await verificationKey(deps, kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  const { payload } = await jwtVerify(token, keyOf, {
    algorithms: [ALGORITHM],
    typ: TYPE,
    issuer: deps.config.WAYBILL_TOKEN_ISSUER,
    audience: AUDIENCE,
    requiredClaims: ["exp"],
    currentDate: deps.now(),
  });
  return payload;
}
