import type { EntityKind } from "@waybill/schemas";
import type { StageName } from "../settings.ts";

/** What a stage asks the directory for. The API answers for every kind, and waits for its own changes. */
const NEEDED: Record<StageName, readonly EntityKind[] | "all"> = {
  ingress: ["tenant", "credential", "domain", "limits", "route", "routeorder"],
  actors: [
    "tenant",
    "provider",
    "route",
    "routeorder",
    "usersmtp",
    "datakey",
    "limits",
    "breaker",
    "suppression",
    "dkimkey",
  ],
  projections: ["tenant"],
  api: "all",
};

/** The kinds of entities that a process with these stages holds; undefined: all of them. */
export function kindsOf(stages: readonly StageName[]): EntityKind[] | undefined {
  const kinds = new Set<EntityKind>();
  for (const stage of stages) {
    const needed = NEEDED[stage];
    if (needed === "all") return undefined;
    for (const kind of needed) kinds.add(kind);
  }
  return [...kinds];
}
