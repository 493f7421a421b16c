import type { Directory } from "@waybill/runtime";
import { type ControlFact, ownServerId, PLATFORM, settingsSeqOf } from "@waybill/schemas";
import type { Breakers } from "./breakers.ts";

/** The tenants whose mail a provider carries, as far as there is anything to know of it. A tenant's own of the same id is another one. */
function usersOf(directory: Directory, owner: string, provider: string): string[] {
  if (owner !== PLATFORM) return [owner];
  const all = directory.everywhere("breaker");
  const its = all.filter(
    ({ entity }) => entity.provider === provider && entity.owner === "platform",
  );
  return [...new Set(its.map((one) => one.tenant))];
}

/** Lets breakers follow what is changed: by other processes, and of the providers that they are for; returns what ends that. */
export function followChanges(directory: Directory, breakers: Breakers): () => void {
  const changed = (owner: string, provider: string, isGone: boolean) => {
    for (const tenant of usersOf(directory, owner, provider))
      if (isGone) breakers.forget(tenant, provider);
      else breakers.retry(tenant, provider);
  };
  return directory.onChange(({ tenant, kind, id, entity }: ControlFact) => {
    if (kind === "breaker") breakers.changed(tenant, id);
    if (kind === "breaker" && entity === null) breakers.wakeIfClosed(tenant, [id]);
    if (kind === "provider" && settingsSeqOf(entity) === undefined)
      changed(tenant, id, entity === null);
    if (kind === "usersmtp") changed(tenant, ownServerId(id), entity === null);
  });
}
