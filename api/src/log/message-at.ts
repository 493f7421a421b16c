import { evolveMessage, type MessageView } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { replayMessage } from "./replay-message.ts";

/**
 * A message as these events of its beginning left it, folded from the log itself; undefined when the
 * log does not hold its acceptance any more. @throws LogUnavailable
 */
export async function messageAt(
  deps: Deps,
  tenant: string,
  id: string,
  seqs: number[],
): Promise<MessageView | undefined> {
  const { items } = await replayMessage(deps, tenant, id, seqs);
  return items.reduce<MessageView | undefined>(
    (view, { event, seq }) => evolveMessage(view, event, seq),
    undefined,
  );
}
