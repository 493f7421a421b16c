import type { Tx } from "@waybill/runtime/postgres";
import { evolveMessage, type MailEvent, type MessageView } from "@waybill/schemas";
import { attemptOf } from "../attempt/evolve.ts";
import { writeAttempts } from "../attempt/write.ts";
import { auditEntryOf } from "../audit/evolve.ts";
import { writeAudit } from "../audit/write.ts";
import { writeMessages } from "../message/write.ts";
import type { Entry } from "../read-event.ts";
import type { Ref } from "./history.ts";

const ROWS = [
  "DELETE FROM messages WHERE tenant = $1 AND id = $2",
  "DELETE FROM recipients WHERE tenant = $1 AND message_id = $2",
  "DELETE FROM attempts WHERE tenant = $1 AND message_id = $2",
  "DELETE FROM audit WHERE tenant = $1 AND message_id = $2",
];

/** Puts rows made of these events in the place of all that a message has. */
export async function rewrite(
  tx: Tx,
  { tenant, id }: Ref,
  history: readonly Entry<MailEvent>[],
): Promise<void> {
  for (const sql of ROWS) await tx.query(sql, [tenant, id]);
  const after = history.reduce<MessageView | undefined>(
    (view, { event, seq }) => evolveMessage(view, event, seq),
    undefined,
  );
  await writeMessages(tx, after === undefined ? [] : [{ before: undefined, after }]);
  await writeAttempts(
    tx,
    history.flatMap(({ event, seq }) => attemptOf(event, seq) ?? []),
  );
  await writeAudit(
    tx,
    history.map(({ event, seq }) => auditEntryOf(event, seq)),
  );
}
