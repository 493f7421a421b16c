import { ControlConflict, putEntity } from "@waybill/runtime";
import type { ControlFact, Suppression } from "@waybill/schemas";
import { checkRoom } from "../resource/commands.ts";
import type { Asked } from "../resource/resource.ts";
import { suppressionOf, suppressions } from "../resources/suppressions.ts";
import type { Row } from "./rows.ts";

/** Facts on their way at once. */
const AT_ONCE = 64;

/** The entities of rows that the list does not have, each address once. */
function newOf({ deps, caller }: Asked, rows: readonly Row[]): Suppression[] {
  const now = deps.now().toISOString();
  const all = rows.map((row) => suppressionOf({ ...row, at: row.at ?? now }));
  const byId = new Map(all.toReversed().map((one) => [one.id, one]));
  const isThere = (id: string) =>
    deps.directory.find(caller.tenant, "suppression", id) !== undefined;
  return [...byId.values()].filter(({ id }) => !isThere(id));
}

/** Keeps one; resolves with its sequence, or 0 when somebody else made it meanwhile. */
async function put({ deps, caller }: Asked, entity: Suppression, reason: string): Promise<number> {
  const { tenant, actor, ip } = caller;
  const { kind, id } = entity;
  const time = deps.now().toISOString();
  const fact: ControlFact = { tenant, kind, id, time, actor, ip, reason, entity };
  try {
    return await putEntity(deps.nats, fact, deps.directory.lastSeq(tenant, kind, id));
  } catch (error) {
    if (error instanceof ControlConflict) return 0;
    throw error;
  }
}

/**
 * Puts rows on the list; those whose address is on it already change nothing. Resolves once this
 * process answers by them. An import that broke off is completed by the same one again.
 * @throws Problem invalid_body when the list has no room | LogUnavailable
 */
export async function importRows(asked: Asked, rows: readonly Row[], reason = "imported") {
  const fresh = newOf(asked, rows);
  checkRoom(suppressions, asked, fresh.length);
  let [imported, last] = [0, 0];
  for (let at = 0; at < fresh.length; at += AT_ONCE) {
    const seqs = await Promise.all(
      fresh.slice(at, at + AT_ONCE).map((one) => put(asked, one, reason)),
    );
    imported += seqs.filter((seq) => seq > 0).length;
    last = Math.max(last, ...seqs);
  }
  await asked.deps.directory.reached(last);
  return { imported, existing: rows.length - imported };
}
