import type { Directory } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import { type Change, keep } from "../resource/keep.ts";
import type { Asked } from "../resource/resource.ts";

/** Whether a tenant would have no owner without that member. */
export function isLastOwner(directory: Directory, tenant: string, user: string): boolean {
  const isThere = (id: string) => directory.find(PLATFORM, "user", id) !== undefined;
  const all = directory.entities(tenant, "member");
  const owners = all.filter(({ id, role }) => role === "owner" && isThere(id));
  return owners.length === 1 && owners[0]?.id === user;
}

/** Who would miss a member of a tenant: they are not removed while there is anybody. */
export function usesOf(directory: Directory, tenant: string, user: string): string[] {
  const credentials = directory.entities(tenant, "credential").filter((one) => one.user === user);
  const named = credentials.map(({ id }) => `the SMTP credential ${id} of tenant ${tenant}`);
  const asOwner = isLastOwner(directory, tenant, user);
  return asOwner ? [`tenant ${tenant}, as its last owner`, ...named] : named;
}

/** What a member's leaving takes along: their own SMTP settings. */
export function settingsToRemove({ deps }: Asked, tenant: string, id: string): Change[] {
  const held = deps.directory.find(tenant, "usersmtp", id);
  const reason = "the member left";
  if (held === undefined) return [];
  return [{ tenant, kind: "usersmtp", id, entity: null, after: held.seq, reason }];
}

function leaving(asked: Asked, tenant: string, id: string, reason: string): Change[] {
  const { directory } = asked.deps;
  const held = directory.find(tenant, "member", id);
  if (held === undefined) return [];
  const ofKind =
    held.entity.role === "owner" ? directory.lastSeqOf(tenant, held.entity.kind) : undefined;
  return [
    ...settingsToRemove(asked, tenant, id),
    { tenant, kind: "member", id, entity: null, after: held.seq, ofKind, reason },
  ];
}

/** Ends all memberships of a user, as the directory has them at the moment of the call. */
export async function leaveAll(asked: Asked, user: string, reason: string): Promise<void> {
  const { deps, caller } = asked;
  const changes = deps.directory
    .tenantsOf(user)
    .flatMap((tenant) => leaving(asked, tenant, user, reason));
  for (const change of changes) await keep(deps, caller, change);
}
