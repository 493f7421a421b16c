import type { SmtpProvider, SmtpSettings } from "@waybill/schemas";
import { Problem } from "../errors.ts";
import type { ChangedAuth, ChangedProvider } from "./provider-shapes.ts";

type Login = NonNullable<SmtpSettings["auth"]>;
/** Seals a password as the provider's owner's. */
export type Seal = (password: string) => Promise<string>;

const PLACE = ["host", "port", "tls"] as const;

/** The problem of one field. */
export const broken = (field: string, rule: string): Problem =>
  new Problem("invalid_body", `${field}: ${rule}`, { errors: [{ field, rule }] });

/** The login after a patch; null, or a password of null, ends it. @throws Problem invalid_body */
async function loginAfter(
  before: Login | undefined,
  patch: ChangedAuth | null | undefined,
  seal: Seal,
): Promise<Login | undefined> {
  if (patch === undefined) return before;
  if (patch === null || patch.password === null) return undefined;
  const username = patch.username ?? before?.username;
  if (username === undefined) throw broken("auth.username", "a login needs one");
  const sealed = patch.password === undefined ? before?.sealedPassword : await seal(patch.password);
  if (sealed === undefined) throw broken("auth.password", "a login needs one");
  const method = patch.method ?? before?.method ?? "PLAIN";
  return { method, username, sealedPassword: sealed };
}

/**
 * The login of a provider after a patch. A password that is kept goes to no other place than the
 * one it was given for: whoever may change settings need not know it, and would learn it there.
 * @throws Problem invalid_body
 */
export async function changedLogin(
  { smtp }: SmtpProvider,
  patch: ChangedProvider,
  seal: Seal,
): Promise<Login | undefined> {
  const login = await loginAfter(smtp.auth, patch.auth, seal);
  const isMoved = PLACE.some((name) => patch[name] !== undefined && patch[name] !== smtp[name]);
  if (isMoved && login !== undefined && login.sealedPassword === smtp.auth?.sealedPassword)
    throw broken("auth.password", "give it again when host, port or tls change");
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
