import type { Entity, Hook, PasswordLogin, TokenLogin } from "@waybill/schemas";

/** What a sealed text becomes; itself when it stays. */
type Again<T> = (sealed: string) => T;

/** An entity with what is sealed under the master key sealed again. The check of the key is not among them. */
export function underMaster(entity: Entity, again: Again<string>): Entity {
  if (entity.kind === "datakey") return { ...entity, sealed: again(entity.sealed) };
  if (entity.kind === "signingkey")
    return { ...entity, sealedPrivateKey: again(entity.sealedPrivateKey) };
  return entity;
}

/** Kinds of which `underMaster` changes something. */
export const UNDER_MASTER = ["datakey", "signingkey"] as const;

async function loginAgain(
  login: PasswordLogin | TokenLogin,
  again: Again<Promise<string>>,
): Promise<PasswordLogin | TokenLogin> {
  if (login.method !== "XOAUTH2")
    return { ...login, sealedPassword: await again(login.sealedPassword) };
  if (login.grant === "client_credentials")
    return { ...login, sealedClientSecret: await again(login.sealedClientSecret) };
  const { sealedClientSecret: secret } = login;
  return {
    ...login,
    sealedRefreshToken: await again(login.sealedRefreshToken),
    ...(secret === undefined ? {} : { sealedClientSecret: await again(secret) }),
  };
}

/** An entity with the secret that its tenant gave us sealed again. */
export async function underDataKey(entity: Entity, again: Again<Promise<string>>): Promise<Entity> {
  if (entity.kind === "usersmtp")
    return { ...entity, sealedPassword: await again(entity.sealedPassword) };
  if (entity.kind === "hook") return hookUnderDataKey(entity, again);
  if (entity.kind === "dkimkey")
    return { ...entity, sealedPrivateKey: await again(entity.sealedPrivateKey) };
  if (entity.kind !== "provider") return entity;
  if ("sealedSecret" in entity)
    return { ...entity, sealedSecret: await again(entity.sealedSecret) };
  if (entity.type !== "smtp" || entity.smtp.auth === undefined) return entity;
  const auth = await loginAgain(entity.smtp.auth, again);
  return { ...entity, smtp: { ...entity.smtp, auth } };
}

async function hookUnderDataKey(hook: Hook, again: Again<Promise<string>>): Promise<Hook> {
  if (!("sealedSecret" in hook)) return hook;
  const { sealedPreviousSecret: previous } = hook;
  const sealedSecret = await again(hook.sealedSecret);
  if (previous === undefined) return { ...hook, sealedSecret };
  return { ...hook, sealedSecret, sealedPreviousSecret: await again(previous) };
}

/** Kinds of which `underDataKey` changes something. */
export const UNDER_DATA_KEY = ["provider", "usersmtp", "hook", "dkimkey"] as const;
