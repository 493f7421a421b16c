import type { Config } from "@waybill/runtime";
import { createRemoteJWKSet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";

/** Milliseconds the provider may take for an answer. */
const TIMEOUT = 5000;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Where an issuer's keys are (OpenID Connect Discovery 1.0, 4). */
async function discovered(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  const said = Discovery.parse(await answer.json());
  if (said.issuer !== issuer) throw new Error(`${url} is about another issuer`);
  return said.jwks_uri;
}

async function keySetOf(issuer: string, url: string | undefined): Promise<JWTVerifyGetKey> {
  const found = new URL(url ?? (await discovered(issuer)));
  return createRemoteJWKSet(found, { timeoutDuration: TIMEOUT });
}

const known = new WeakMap<Config, Promise<JWTVerifyGetKey>>();

/** The keys of the issuer of the settings, found when first needed. @throws when it does not answer */
export function oidcKeys(config: Config, issuer: string): Promise<JWTVerifyGetKey> {
  const keys = known.get(config) ?? keySetOf(issuer, config.WAYBILL_OIDC_JWKS_URL);
  known.set(config, keys);
  keys.catch(() => known.delete(config));
  return keys;
}
