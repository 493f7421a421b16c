import type { MailEvent } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { readEvent } from "./read-event.ts";

export type Replayed = { items: { seq: number; event: MailEvent }[]; missing: number[] };

/** The tenant's events at these sequences, out of the log; `missing` are past its retention. @throws LogUnavailable */
export async function replayMessage(
  deps: Deps,
  tenant: string,
  id: string,
  seqs: number[],
): Promise<Replayed> {
  const result: Replayed = { items: [], missing: [] };
  for (const seq of seqs) {
    const event = await readEvent(deps, tenant, id, seq);
    if (event === undefined) result.missing.push(seq);
    else result.items.push({ seq, event });
  }
  return result;
}
