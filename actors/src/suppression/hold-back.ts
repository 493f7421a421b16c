import type { WorkEvent } from "@waybill/schemas";
import type { Neighbours } from "../deliver/deliver.ts";
import { tell } from "../deliver/record.ts";
import { heldBack, suppressed } from "./held-back.ts";

/** Records who is on the suppression list, if anybody is; resolves with the others. @throws LogUnavailable */
export async function holdBack(
  to: Pick<Neighbours, "directory" | "events" | "log" | "now">,
  work: WorkEvent,
  recipients: string[],
): Promise<string[]> {
  const now = to.now();
  const back = heldBack(to.directory, work.tenant, recipients, now);
  if (back.length === 0) return recipients;
  const fact = suppressed(work, back, new Date(now).toISOString());
  await to.events.append(fact);
  tell(to.log, fact);
  const held = new Set(back.map(({ recipient }) => recipient));
  return recipients.filter((one) => !held.has(one));
}
