import type { Entity } from "./fact.ts";

/** The sequence of the fact that somebody set a provider with; undefined when that is its last. */
export const settingsSeqOf = (entity: Entity | null | undefined): number | undefined =>
  entity?.kind === "provider" && entity.type === "smtp" ? entity.settingsSeq : undefined;
