import type { Entity } from "@waybill/schemas";

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

/** An entity with the secret that its tenant gave us sealed again. */
export async function underDataKey(entity: Entity, again: Again<Promise<string>>): Promise<Entity> {
  if (entity.kind === "usersmtp")
    return { ...entity, sealedPassword: await again(entity.sealedPassword) };
  if (entity.kind === "dkimkey")
    return { ...entity, sealedPrivateKey: await again(entity.sealedPrivateKey) };
  if (entity.kind !== "provider") return entity;
  if ("sealedSecret" in entity)
    return { ...entity, sealedSecret: await again(entity.sealedSecret) };
  if (entity.type !== "smtp" || entity.smtp.auth === undefined) return entity;
  const { smtp } = entity;
  const sealedPassword = await again(entity.smtp.auth.sealedPassword);
  return { ...entity, smtp: { ...smtp, auth: { ...entity.smtp.auth, sealedPassword } } };
}

/** Kinds of which `underDataKey` changes something. */
export const UNDER_DATA_KEY = ["provider", "usersmtp", "dkimkey"] as const;
