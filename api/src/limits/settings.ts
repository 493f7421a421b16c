import type { Limits } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { isAt, type Said } from "../resource/commands.ts";
import { conflict, keep } from "../resource/keep.ts";
import { merged } from "../resource/merge.ts";
import type { Asked } from "../resource/resource.ts";
import { changedRates } from "../resources/rates.ts";
import type { LimitsPatch } from "../shapes/limits.ts";

const NONE: Limits = { kind: "limits", id: "limits" };

const shown = ({ kind: _kind, id: _id, ...limits }: Limits) => limits;

/** What is set for a tenant, with its version; 0: nothing ever was. */
export function settingsOf({ directory }: Pick<Deps, "directory">, tenant: string) {
  const version = directory.lastSeq(tenant, "limits", "limits");
  return { body: shown(directory.limits(tenant) ?? NONE), version };
}

/** Changes what is set, unless it is not at the version of `If-Match` any more. @throws Problem conflict */
export async function changeSettings(
  { deps, caller }: Asked,
  tenant: string,
  patch: LimitsPatch,
  { ifMatch, reason = "changed" }: Said,
) {
  const after = deps.directory.lastSeq(tenant, "limits", "limits");
  if (!isAt(ifMatch, after)) throw conflict(after);
  const before = deps.directory.limits(tenant) ?? NONE;
  const perCredential = changedRates(before.perCredential, patch.perCredential);
  const perUser = changedRates(before.perUser, patch.perUser);
  const entity: Limits = merged(before, { ...patch, perCredential, perUser });
  const change = { tenant, kind: entity.kind, id: entity.id, entity, after, reason };
  return { body: shown(entity), version: await keep(deps, caller, change) };
}
