import { type Config, StartError } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import { Role } from "@waybill/schemas/shapes";
import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import type { Authenticator } from "./auth.ts";
import type { Deps } from "./deps.ts";
import { Problem } from "./errors.ts";
import { oidcKeys } from "./oidc-keys.ts";
import { OF_PERSONS, OF_ROLE } from "./permissions.ts";
import { isCanonical } from "./session/canonical.ts";

/** Those with a key pair only: whoever can verify a token must not be able to make one. */
const ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");
/** Seconds that the provider's clock may be off. */
const TOLERANCE = 30;

const Subject = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u);

/** @throws StartError when the settings of the provider are not whole */
export function checkOidc(config: Config): void {
  if (config.WAYBILL_OIDC_ISSUER === undefined || config.WAYBILL_OIDC_AUDIENCE !== undefined)
    return;
  throw new StartError(
    "WAYBILL_OIDC_ISSUER is set without WAYBILL_OIDC_AUDIENCE",
    "a token that the issuer made for another service must not open this one: set the audience",
  );
}

/** A caller whom the OpenID Connect provider of the settings vouches for, with tenant and role. */
export const byOidc: Authenticator = async (deps, token, ip) => {
  const { WAYBILL_OIDC_ISSUER: issuer, WAYBILL_OIDC_AUDIENCE: audience } = deps.config;
  if (issuer === undefined || audience === undefined || !isFrom(issuer, token)) return undefined;
  const payload = await verified(deps, token, { issuer, audience });
  const place = payload && placeIn(deps, payload);
  if (place === undefined) return undefined;
  const { subject, tenant, role } = place;
  const may = new Set(OF_ROLE[role]).difference(new Set(OF_PERSONS));
  return { tenant, actor: `oidc:${subject}`, ip, may };
};

/** Nothing is fetched for a token that does not even say it is the provider's. */
function isFrom(issuer: string, token: string): boolean {
  try {
    return isCanonical(token) && decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}

function placeIn({ config, directory }: Deps, payload: JWTPayload) {
  const subject = Subject.safeParse(payload.sub);
  const role = Role.safeParse(payload[config.WAYBILL_OIDC_ROLE_CLAIM]);
  const tenant = payload[config.WAYBILL_OIDC_TENANT_CLAIM];
  if (!subject.success || !role.success || typeof tenant !== "string") return undefined;
  if (tenant === PLATFORM || directory.tenant(tenant) === undefined) return undefined;
  return { subject: subject.data, tenant, role: role.data };
}

type Expected = { issuer: string; audience: string };

async function verified(deps: Deps, token: string, { issuer, audience }: Expected) {
  try {
    const { payload } = await jwtVerify(token, await oidcKeys(deps.config, issuer), {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      requiredClaims: ["exp", "sub"],
      clockTolerance: TOLERANCE,
      currentDate: deps.now(),
    });
    return payload;
  } catch (cause) {
    if (isRefusal(cause)) return undefined;
    throw new Problem("unavailable", "the identity provider does not answer", { cause });
  }
}

/** Whether it is about the token; any other error is about the way to the provider's keys. */
const isRefusal = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_(NO|MULT))/.test(error.code);
