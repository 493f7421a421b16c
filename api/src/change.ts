import { putEntity } from "@waybill/runtime";
import type { Entity } from "@waybill/schemas";
import type { Caller } from "./auth.ts";
import type { Deps } from "./deps.ts";

type Change = {
  kind: Entity["kind"];
  id: string;
  /** Null removes it; what it was stays in the log. */
  entity: Entity | null;
  /** Sequence of the fact this one follows; 0: there was none. */
  after: number;
  reason: string;
};

/**
 * Appends a change of the caller's tenant to CONTROL, and resolves once this process has folded it
 * in: whoever asks next is answered by it. @throws ControlConflict | LogUnavailable
 */
export async function change(deps: Deps, caller: Caller, wanted: Change): Promise<void> {
  const { after, ...what } = wanted;
  const { tenant, keyId, ip } = caller;
  const time = deps.now().toISOString();
  const fact = { tenant, time, actor: `apikey:${keyId}`, ip, ...what };
  await deps.directory.reached(await putEntity(deps.nats, fact, after));
}
