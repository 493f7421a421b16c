import type { Directory } from "@waybill/runtime";
import { owner, readings } from "@waybill/runtime/metrics";
import { breakerId, type Breaker } from "@waybill/schemas";

const STATE = {
  name: "waybill_breaker_state",
  help: "1 for the state that a provider's breaker has, of those that ever opened: open, half_open, closed.",
  labels: ["tenant", "provider", "state"] as const,
};

/**
 * Tells the state of each tenant's breakers; those of a sender domain alone are not told apart from
 * others. @returns how to stop
 */
export function tellBreakers(
  directory: Pick<Directory, "everywhere" | "find" | "onChange">,
): () => void {
  const known = new Map<string, { tenant: string; breaker: Breaker }>();
  const note = (tenant: string, id: string, breaker: Breaker | undefined) => {
    if (breaker === undefined || breakerId(breaker.provider) !== id)
      known.delete(`${tenant}/${id}`);
    else known.set(`${tenant}/${id}`, { tenant, breaker });
  };
  for (const { tenant, entity } of directory.everywhere("breaker")) note(tenant, entity.id, entity);
  readings(STATE, (set) => {
    set.reset();
    for (const { tenant, breaker } of known.values()) {
      const { provider, state } = breaker;
      set.set({ ...owner({ tenant, provider }), state }, 1);
    }
  });
  return directory.onChange(({ tenant, kind, id }) => {
    if (kind === "breaker") note(tenant, id, directory.find(tenant, "breaker", id)?.entity);
  });
}
