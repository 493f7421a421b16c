import type { Entity, EntityKind } from "@waybill/schemas";
import { cursorsOf, pageOf } from "../cursor.ts";
import { Problem } from "../errors.ts";
import { conflict, keep } from "./keep.ts";
import { merged } from "./merge.ts";
import type { Asked, Resource } from "./resource.ts";

type Page = { limit: number; cursor?: string | undefined };
/** What the request's headers say of a change. */
export type Said = { ifMatch: string | undefined; reason: string | undefined };
type Any = Resource<Entity>;

const homeOf = (of: Any, asked: Asked, id?: string): string =>
  of.home?.(asked, id) ?? asked.caller.tenant;

/** A page of what there is, the newest id first. */
export function listOf(of: Any, asked: Asked, { limit, cursor }: Page) {
  const { deps } = asked;
  const home = homeOf(of, asked);
  const cursors = cursorsOf(deps.secrets, of.kind, home);
  const before = cursor === undefined ? undefined : cursors.read(cursor);
  const all = of.all?.(asked) ?? deps.directory.entities(home, of.kind);
  const rest = all.filter(({ id }) => before === undefined || id < before);
  const { items, nextCursor } = pageOf(rest.slice(0, limit + 1), limit, cursors);
  return { items: items.map((one) => of.show(one, asked)), nextCursor };
}

function found(of: Any, asked: Asked, id: string) {
  const home = homeOf(of, asked, id);
  const held = asked.deps.directory.find<EntityKind>(home, of.kind, id);
  if (held === undefined) throw new Problem("not_found", "nothing has that id");
  return { home, ...held };
}

/** One of them, with its version. @throws Problem not_found */
export function readOf(of: Any, asked: Asked, id: string) {
  const { entity, seq } = found(of, asked, id);
  return { body: of.show(entity, asked), version: seq };
}

/** Makes one. @throws Problem conflict when its id is taken */
export async function makeOf(of: Any, asked: Asked, body: unknown, { reason = "made" }: Said) {
  const { entity, once } = await of.make(body, asked);
  const { kind, id } = entity;
  const tenant = homeOf(of, asked, id);
  const { directory } = asked.deps;
  const after = directory.lastSeq(tenant, kind, id);
  const isTaken = directory.find(tenant, kind, id) !== undefined;
  if (isTaken || (after > 0 && of.isIdFreed === false))
    throw conflict(after, `another ${of.words[0]} has, or had, that id`);
  const version = await keep(asked.deps, asked.caller, { tenant, kind, id, entity, after, reason });
  return { body: { ...of.show(entity, asked), ...once }, version };
}

const isAt = (ifMatch: string | undefined, version: number): boolean =>
  ifMatch === undefined ||
  ifMatch.split(/\s*,\s*/).some((tag) => ["*", `"${version}"`].includes(tag));

/** Changes one, unless it is not at the version of `If-Match` any more. @throws Problem conflict */
export async function changeOf(of: Any, asked: Asked, id: string, patch: object, said: Said) {
  const { home, entity, seq } = found(of, asked, id);
  if (!isAt(said.ifMatch, seq)) throw conflict(seq);
  const changed = (await of.change?.(entity, patch, asked)) ?? { entity: merged(entity, patch) };
  const what = { tenant: home, kind: of.kind, id, entity: changed.entity, after: seq };
  const reason = said.reason ?? "changed";
  const version = await keep(asked.deps, asked.caller, { ...what, reason });
  return { body: { ...of.show(changed.entity, asked), ...changed.once }, version };
}

/** Removes one that nobody uses; its history stays in the log. @throws Problem conflict | in_use */
export async function removeOf(of: Any, asked: Asked, id: string, said: Said): Promise<void> {
  const { home, entity, seq } = found(of, asked, id);
  if (!isAt(said.ifMatch, seq)) throw conflict(seq);
  const users = of.usedBy?.(entity, asked) ?? [];
  if (users.length > 0) throw new Problem("in_use", `it is used by ${users.join(", ")}`);
  const reason = said.reason ?? "removed";
  const what = { tenant: home, kind: of.kind, id, entity: null, after: seq, reason };
  await keep(asked.deps, asked.caller, what);
}
