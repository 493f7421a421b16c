import type { RecipientsSuppressed, RouteTaken, WorkEvent } from "@waybill/schemas";
import type { Neighbours } from "../deliver/deliver.ts";
import { tell } from "../deliver/record.ts";
import { heldBack, suppressed } from "./held-back.ts";

type To = Pick<Neighbours, "directory" | "events" | "hash" | "log" | "now">;

async function record(to: To, work: WorkEvent, back: RecipientsSuppressed["suppressions"]) {
  const fact = suppressed(work, back, new Date(to.now()).toISOString());
  await to.events.append(fact);
  tell(to.log, fact);
}

/** Records who is on the suppression list, if anybody is; resolves with the others. @throws LogUnavailable */
export async function holdBack(to: To, work: WorkEvent, recipients: string[]): Promise<string[]> {
  const back = heldBack(to, work.tenant, recipients);
  if (back.length === 0) return recipients;
  await record(to, work, back);
  const held = new Set(back.map(({ recipient }) => recipient));
  return recipients.filter((one) => !held.has(one));
}

/**
 * Whether the address that mail of these recipients is redirected to is on the list; it is recorded
 * of all of them then. @throws LogUnavailable
 */
export async function holdsBackRedirect(
  to: To,
  work: WorkEvent,
  { redirectedTo }: RouteTaken,
  recipients: readonly string[],
): Promise<boolean> {
  const whom = redirectedTo === undefined ? [] : [redirectedTo];
  const [held] = heldBack(to, work.tenant, whom);
  if (held === undefined) return false;
  const all = recipients.map((recipient) => ({ recipient, reason: held.reason }));
  await record(to, work, all);
  return true;
}
