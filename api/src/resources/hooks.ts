import type { Hook } from "@waybill/schemas";
import { shown } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { countsOf } from "../hooks/counts.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { changedHook, newHook } from "./hook-settings.ts";
import {
  ChangedHook,
  HookView,
  MadeHook,
  NewHook,
  type ChangedHook as Changed,
  type NewHook as New,
} from "./hook-shapes.ts";

function urlOf({ config }: Deps, { type, id }: Hook): string {
  const { WAYBILL_HOST: host, WAYBILL_API_PORT: port, WAYBILL_PUBLIC_URL: known } = config;
  const base = known?.replace(/\/+$/, "") ?? `http://${host}:${port}`;
  return `${base}/hooks/${type}/${id}`;
}

const hasPrevious = (hook: Hook): boolean =>
  "sealedPreviousSecret" in hook && hook.sealedPreviousSecret !== undefined;

/** Counts are read for one that is asked for by its id, not for each of a list. */
async function show(hook: Hook, { deps, caller, params }: Asked): Promise<object> {
  const { id } = hook;
  const isOne = params["id"] === id;
  return {
    ...shown(hook),
    url: urlOf(deps, hook),
    hasSecret: "sealedSecret" in hook,
    hasPreviousSecret: hasPrevious(hook),
    ...(isOne && { counts: await countsOf(deps, { tenant: caller.tenant, id }) }),
  };
}

/**
 * Webhooks: what providers call to tell what became of mail, each with a URL that cannot be guessed and
 * a secret, or key, of its own.
 */
export const hooks: Resource<Hook, New, Changed> = {
  kind: "hook",
  path: "hooks",
  words: ["webhook", "webhooks"],
  tag: "webhooks",
  view: HookView,
  made: MadeHook,
  new: NewHook,
  patch: ChangedHook,
  read: "config:write",
  write: "config:write",
  show,
  make: newHook,
  change: async (hook, patch, asked) => ({ entity: await changedHook(hook, patch, asked) }),
  isIdFreed: false,
};
