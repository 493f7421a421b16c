import { ControlConflict, lastFact, putEntity } from "@waybill/runtime";
import type { ControlFact, Entity } from "@waybill/schemas";
import type { Caller } from "../auth.ts";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";

/** A change of one entity. */
export type Change = {
  tenant: string;
  kind: Entity["kind"];
  id: string;
  /** Null removes it; what it was stays in the log. */
  entity: Entity | null;
  /** Sequence of the fact this one follows; 0: there was none. */
  after: number;
  /** Sequence of the last fact of its kind, where the change was judged by the others of it. */
  ofKind?: number | undefined;
  /** Why, in the caller's words or ours. */
  reason: string;
  /** Of a removal: what was before it is overwritten. */
  erased?: true;
};

/** Who changes it, and from where; a change that goes on after a crash comes from nowhere. */
export type Author = Pick<Caller, "actor"> & Partial<Pick<Caller, "ip">>;

/** The entity is not at the version that the caller had seen. */
export const conflict = (version: number, detail = "read it again, and decide again"): Problem =>
  new Problem("conflict", detail, { version, headers: { etag: `"${version}"` } });

const versionOf = async ({ nats }: Deps, { tenant, kind, id }: ControlFact): Promise<number> =>
  (await lastFact(nats, tenant, kind, id))?.seq ?? 0;

/**
 * Appends a change to CONTROL, and resolves with its version once this process has folded it in:
 * whoever asks next is answered by it. Of two that follow the same fact one wins.
 * @throws Problem conflict | LogUnavailable
 */
export async function keep(deps: Deps, caller: Author, change: Change): Promise<number> {
  const { after, ofKind, ...what } = change;
  const { actor, ip } = caller;
  const time = deps.now().toISOString();
  const fact: ControlFact = { time, actor, ...(ip !== undefined && { ip }), ...what };
  try {
    const seq = await putEntity(deps.nats, fact, after, ofKind);
    await deps.directory.reached(seq);
    return seq;
  } catch (error) {
    if (error instanceof ControlConflict) throw conflict(await versionOf(deps, fact));
    throw error;
  }
}
