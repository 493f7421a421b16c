import type { Logger } from "@waybill/runtime";
import type { Recorded, Tx } from "@waybill/runtime/postgres";
import { attemptOf } from "./attempt/evolve.ts";
import { writeAttempts } from "./attempt/write.ts";
import { auditEntryOf } from "./audit/evolve.ts";
import { writeAudit } from "./audit/write.ts";
import { MessageProjection } from "./message/projection.ts";
import { type Entry, readEvent } from "./read-event.ts";

/** Name of the one checkpoint: all views are written in the transaction that moves it. */
export const CHECKPOINT = "views";

/** What the views are made from. */
export const SOURCE = { stream: "MAIL", filters: ["mail.>"] };

export type Views = {
  /** Writes what a batch of the log changes in the views. */
  project(batch: readonly Recorded[], tx: Tx): Promise<void>;
  /** Forgets everything remembered of what was written. */
  reset(): void;
};

/** The views: messages with their recipients, attempts, and the audit index. */
export function makeViews(log: Pick<Logger, "error">): Views {
  const messages = new MessageProjection();
  return {
    project: async (batch, tx) => {
      const entries = batch.flatMap((one) => readEntry(one, log));
      await Promise.all([
        writeAudit(
          tx,
          entries.map(({ event, seq }) => auditEntryOf(event, seq)),
        ),
        writeAttempts(
          tx,
          entries.flatMap(({ event, seq }) => attemptOf(event, seq) ?? []),
        ),
        messages.project(entries, tx),
      ]);
    },
    reset: () => messages.forget(),
  };
}

/** What is not an event is told of and left out: it would be so at every try. */
function readEntry({ seq, data }: Recorded, log: Pick<Logger, "error">): Entry[] {
  try {
    return [{ seq, event: readEvent(data) }];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.error({ seq, why }, "not an event, left out of the views");
    return [];
  }
}
