import { type Entity, type EntityKind, PLATFORM } from "@waybill/schemas";
import { cursorsOf, pageOf } from "../cursor.ts";
import { Problem } from "../errors.ts";
import { conflict, keep } from "./keep.ts";
import { merged } from "./merge.ts";
import type { Asked, Resource } from "./resource.ts";

type Page = { limit: number; cursor?: string | undefined } & Record<string, unknown>;
/** What the request's headers say of a change. */
export type Said = { ifMatch: string | undefined; reason: string | undefined };
type Any = Resource<Entity>;

const homeOf = (of: Pick<Any, "home">, asked: Asked, id?: string): string =>
  of.home?.(asked, id) ?? asked.caller.tenant;

/** A page of what there is, the newest id first. */
export async function listOf(of: Any, asked: Asked, { limit, cursor, ...query }: Page) {
  const { deps } = asked;
  const home = homeOf(of, asked);
  const cursors = cursorsOf(deps.secrets, of.kind, home);
  const before = cursor === undefined ? undefined : cursors.read(cursor);
  const all = of.all?.(asked) ?? deps.directory.entities(home, of.kind);
  const wanted = of.filter?.choose(all, query, asked) ?? all;
  const rest = wanted.filter(({ id }) => before === undefined || id < before);
  const { items, nextCursor } = pageOf(rest.slice(0, limit + 1), limit, cursors);
  return { items: await Promise.all(items.map(async (one) => of.show(one, asked))), nextCursor };
}

function found(of: Any, asked: Asked, id: string, home = homeOf(of, asked, id)) {
  const held = asked.deps.directory.find<EntityKind>(home, of.kind, id);
  if (held === undefined) throw new Problem("not_found", "nothing has that id");
  return { home, ...held };
}

/** One of them, with its version. @throws Problem not_found */
export async function readOf(of: Any, asked: Asked, id: string) {
  const { entity, seq } = found(of, asked, id, of.readHome?.(asked, id));
  return { body: await of.show(entity, asked), version: seq };
}

/** Entities of one kind that a tenant may have, unless their resource says otherwise. */
const MOST = 10_000;

/** @throws Problem invalid_body; the platform, whose users are everybody's, may have any number */
export function checkRoom(
  of: Pick<Any, "kind" | "words" | "most" | "home">,
  asked: Asked,
  more = 1,
): void {
  const home = homeOf(of, asked);
  const { kind, words, most = MOST } = of;
  if (home === PLATFORM || asked.deps.directory.count(home, kind) + more <= most) return;
  const rule = `a tenant may have ${most} ${words[1]}`;
  throw new Problem("invalid_body", `body: ${rule}`, { errors: [{ field: "body", rule }] });
}

/** Makes one. @throws Problem conflict when its id is taken, invalid_body when there are too many */
export async function makeOf(of: Any, asked: Asked, body: unknown, { reason = "made" }: Said) {
  checkRoom(of, asked);
  const { entity, once = {} } = await of.make(body, asked);
  const { kind, id } = entity;
  const tenant = homeOf(of, asked, id);
  const { directory } = asked.deps;
  const after = directory.lastSeq(tenant, kind, id);
  const isTaken = directory.find(tenant, kind, id) !== undefined;
  if (isTaken || (after > 0 && of.isIdFreed === false))
    throw conflict(after, `another ${of.words[0]} has, or had, that id`);
  const version = await keep(asked.deps, asked.caller, { tenant, kind, id, entity, after, reason });
  return { body: { ...(await of.show(entity, asked)), ...once }, version, once };
}

export const isAt = (ifMatch: string | undefined, version: number): boolean =>
  ifMatch === undefined ||
  ifMatch.split(/\s*,\s*/).some((tag) => ["*", `"${version}"`].includes(tag));

/** What is known of one as it is about to be changed or removed. */
function toBeChanged(of: Any, asked: Asked, id: string, { ifMatch }: Said) {
  const { home: tenant, entity, seq: after } = found(of, asked, id);
  of.guard?.(entity, asked);
  if (!isAt(ifMatch, after)) throw conflict(after);
  const isJudged = of.isJudgedByOthers?.(entity) === true;
  const ofKind = isJudged ? asked.deps.directory.lastSeqOf(tenant, of.kind) : undefined;
  return { entity, what: { tenant, kind: of.kind, id, after, ofKind } };
}

/** Changes one, unless it is not at the version of `If-Match` any more. @throws Problem conflict */
export async function changeOf(of: Any, asked: Asked, id: string, patch: object, said: Said) {
  const { entity, what } = toBeChanged(of, asked, id, said);
  const changed = (await of.change?.(entity, patch, asked)) ?? { entity: merged(entity, patch) };
  const { reason = "changed" } = said;
  const change = { ...what, entity: changed.entity, reason };
  const version = await keep(asked.deps, asked.caller, change);
  return { body: { ...(await of.show(changed.entity, asked)), ...changed.once }, version };
}

/** Removes one that nobody uses; its history stays in the log. @throws Problem conflict | in_use */
export async function removeOf(of: Any, asked: Asked, id: string, said: Said): Promise<void> {
  const { entity, what } = toBeChanged(of, asked, id, said);
  const users = of.usedBy?.(entity, asked) ?? [];
  if (users.length > 0) throw new Problem("in_use", `it is used by ${users.join(", ")}`);
  await of.beforeRemoval?.(entity, asked);
  const { reason = "removed" } = said;
  await keep(asked.deps, asked.caller, { ...what, entity: null, reason });
}
