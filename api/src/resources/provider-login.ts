import type { PasswordLogin, SmtpProvider, TokenLogin } from "@waybill/schemas";
import { Problem } from "../errors.ts";
import type { ChangedAuth, NewAuth } from "./login-shapes.ts";
import type { ChangedProvider } from "./provider-shapes.ts";
import { broken, type Seal } from "./sealing.ts";
import { changedTokenLogin } from "./token-login.ts";

type Login = PasswordLogin | TokenLogin;

const PLACE = ["host", "port", "tls"] as const;
const OF_TOKENS = [
  "grant",
  "tokenUrl",
  "clientId",
  "scope",
  "clientSecret",
  "refreshToken",
] as const;

/** What is kept sealed, and the field it is given in. */
const SECRETS = {
  sealedPassword: "password",
  sealedClientSecret: "clientSecret",
  sealedRefreshToken: "refreshToken",
};

/** @throws Problem invalid_body */
async function changedPasswordLogin(
  method: "PLAIN" | "LOGIN",
  before: Login | undefined,
  patch: ChangedAuth,
  seal: Seal,
): Promise<PasswordLogin> {
  const foreign = OF_TOKENS.find((field) => patch[field] !== undefined);
  if (foreign !== undefined) throw broken(`auth.${foreign}`, "only a login by XOAUTH2 has one");
  const username = patch.username ?? before?.username;
  if (username === undefined) throw broken("auth.username", "a login needs one");
  const held = before?.method === "XOAUTH2" ? undefined : before?.sealedPassword;
  const { password } = patch;
  const sealed = typeof password === "string" ? await seal(password) : held;
  if (sealed === undefined) throw broken("auth.password", "a login needs one");
  return { method, username, sealedPassword: sealed };
}

/** A login as it is kept. @throws Problem invalid_body */
export function newLogin(auth: NewAuth, seal: Seal): Promise<Login> {
  const { method = "PLAIN" } = auth;
  return method === "XOAUTH2"
    ? changedTokenLogin(undefined, auth, seal)
    : changedPasswordLogin(method, undefined, auth, seal);
}

/** The login after a patch; null, or a password of null, ends it. @throws Problem invalid_body */
async function loginAfter(
  before: Login | undefined,
  patch: ChangedAuth | null | undefined,
  seal: Seal,
): Promise<Login | undefined> {
  if (patch === undefined) return before;
  if (patch === null || patch.password === null) return undefined;
  const method = patch.method ?? before?.method ?? "PLAIN";
  if (method !== "XOAUTH2") return changedPasswordLogin(method, before, patch, seal);
  const held = before?.method === "XOAUTH2" ? before : undefined;
  return changedTokenLogin(held, patch, seal);
}

type Sealed = Partial<Record<keyof typeof SECRETS, string>>;
const sealedIn = (login: Login | undefined): Sealed => (login ?? {}) as Sealed;

/** The field of a secret that both have. */
function keptSecret(before: Login | undefined, after: Login | undefined): string | undefined {
  const [was, is] = [sealedIn(before), sealedIn(after)];
  const names = Object.keys(SECRETS) as (keyof typeof SECRETS)[];
  const kept = names.find((name) => is[name] !== undefined && is[name] === was[name]);
  return kept && SECRETS[kept];
}

const tokenUrlOf = (login: Login | undefined): string | undefined =>
  login?.method === "XOAUTH2" ? login.tokenUrl : undefined;

/**
 * The login of a provider after a patch. A secret that is kept goes to no other place than the one it
 * was given for, nor does a token that it buys: whoever may change settings need not know it, and
 * would learn it there.
 * @throws Problem invalid_body
 */
export async function changedLogin(
  { smtp }: SmtpProvider,
  patch: ChangedProvider,
  seal: Seal,
): Promise<Login | undefined> {
  const login = await loginAfter(smtp.auth, patch.auth, seal);
  const isMoved =
    PLACE.some((name) => patch[name] !== undefined && patch[name] !== smtp[name]) ||
    (login !== undefined && tokenUrlOf(login) !== tokenUrlOf(smtp.auth));
  const kept = isMoved ? keptSecret(smtp.auth, login) : undefined;
  if (kept !== undefined)
    throw broken(`auth.${kept}`, "give it again when host, port, tls or auth.tokenUrl change");
  return login;
}

/** Refuses what only providers of other types have. @throws Problem invalid_body naming every such field */
export function refuseForeign(patch: ChangedProvider, type: string, own: readonly string[]): void {
  const wrong = Object.keys(patch).filter((field) => !own.includes(field));
  if (wrong.length === 0) return;
  const errors = wrong.map((field) => ({ field, rule: `a provider of type ${type} has none` }));
  const detail = errors.map(({ field, rule }) => `${field}: ${rule}`).join("; ");
  throw new Problem("invalid_body", detail, { errors });
}
