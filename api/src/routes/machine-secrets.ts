import type { ApiKey, Credential } from "@waybill/schemas";
import { type Caller, callerOf } from "../auth.ts";
import { change } from "../change.ts";
import { cursorsOf, pageOf } from "../cursor.ts";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";

type Secret = ApiKey | Credential;
type Kind = Secret["kind"];
type Of<K extends Kind> = Extract<Secret, { kind: K }>;
type Page = { limit: number; cursor?: string | undefined };

/** What a client sees of a secret: everything but the hash. */
const shown = <S extends Secret>({
  hash: _hash,
  kind: _kind,
  ...rest
}: S): Omit<S, "hash" | "kind"> => rest;

/** A page of the caller's secrets of a kind, the newest first. */
export function listSecrets<K extends Kind>(
  deps: Deps,
  caller: Caller | null,
  kind: K,
  page: Page,
) {
  const { tenant } = callerOf(caller);
  const cursors = cursorsOf(deps.secrets, kind, tenant);
  const before = page.cursor === undefined ? undefined : cursors.read(page.cursor);
  const all: Of<K>[] = deps.directory.entities(tenant, kind);
  const rest = all.filter(({ id }) => before === undefined || id < before);
  const { items, nextCursor } = pageOf(rest, page.limit, cursors);
  return { items: items.map((one) => shown(one)), nextCursor };
}

function found<K extends Kind>(deps: Deps, { tenant }: Caller, kind: K, id: string) {
  const one: { entity: Of<K>; seq: number } | undefined = deps.directory.find(tenant, kind, id);
  if (one === undefined) throw new Problem("not_found", "nothing has that id");
  return one;
}

/** One of the caller's secrets. @throws Problem not_found */
export const readSecret = <K extends Kind>(
  deps: Deps,
  caller: Caller | null,
  kind: K,
  id: string,
) => shown(found(deps, callerOf(caller), kind, id).entity);

/** Keeps a new secret, of which only the hash is known from then on. */
export async function addSecret<S extends Secret>(deps: Deps, caller: Caller | null, entity: S) {
  const { kind, id } = entity;
  await change(deps, callerOf(caller), { kind, id, entity, after: 0, reason: "made" });
  return shown(entity);
}

/** Revokes one of the caller's secrets: every process refuses it once it has read the fact. */
export async function revokeSecret(deps: Deps, caller: Caller | null, kind: Kind, id: string) {
  const { seq } = found(deps, callerOf(caller), kind, id);
  const revoked = { kind, id, entity: null, after: seq, reason: "revoked" };
  await change(deps, callerOf(caller), revoked);
}
