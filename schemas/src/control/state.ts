import type { ControlFact } from "./fact.ts";
import type { Shown } from "./pick.ts";
import { shown } from "./shown.ts";

/** Entities of a tenant as of a moment, by kind and id. */
export type ConfigurationState = {
  entities: Map<string, Map<string, Shown>>;
  /** Sequence of the last fact that was folded in. */
  seq: number;
};

export const noConfiguration = (): ConfigurationState => ({ entities: new Map(), seq: 0 });

/** Folds a fact into the state, in place: of two facts of an entity the later one counts. */
export function foldConfiguration(state: ConfigurationState, fact: ControlFact, seq: number): void {
  const { kind, id, entity } = fact;
  const ofKind = state.entities.get(kind) ?? new Map<string, Shown>();
  state.entities.set(kind, ofKind);
  if (entity === null) ofKind.delete(id);
  else ofKind.set(id, shown(entity));
  state.seq = seq;
}
