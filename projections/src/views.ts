import { type Logger, type Nats, STREAMS } from "@waybill/runtime";
import type { BatchWriter } from "@waybill/runtime/postgres";
import type { ControlFact, ErasedRecord, MailEvent } from "@waybill/schemas";
import { projectActivity } from "./activity/projection.ts";
import { attemptOf } from "./attempt/evolve.ts";
import { writeAttempts } from "./attempt/write.ts";
import { auditEntryOf } from "./audit/evolve.ts";
import { writeAudit } from "./audit/write.ts";
import { BytesRemover, type Erasing } from "./erased/bytes.ts";
import { projectErased } from "./erased/projection.ts";
import { MessageProjection } from "./message/projection.ts";
import { keptEntries, makeParts } from "./parts/make.ts";
import { readEntries } from "./read-event.ts";

/** Views of one stream: they are written in the transaction that moves their checkpoint. */
export type Views = {
  /** Name of the checkpoint. */
  name: string;
  source: { stream: string; filters: string[] };
  tables: readonly string[];
  /** Events a transaction at most, where that is not left to who runs it. */
  batchSize?: number;
  make: (site: Site) => Pick<BatchWriter, "prepare" | "project" | "reset">;
};

/** What views are made with. */
type Site = {
  log: Pick<Logger, "error">;
  nats: Nats;
  /** Days whose mail shares a part. */
  partDays: number;
  /** Bodies in files and buckets; without it those that are erased are left to who writes the live views. */
  outside?: Erasing | undefined;
};

/** Messages with their recipients, attempts, and the audit index. */
export const MAIL_VIEWS: Views = {
  name: "views",
  source: { stream: STREAMS.mail, filters: ["mail.>"] },
  tables: ["messages", "recipients", "attempts", "audit"],
  make: ({ log, partDays }) => {
    const messages = new MessageProjection();
    return {
      project: async (batch, tx) => {
        const entries = await keptEntries(tx, readEntries<MailEvent>(batch, log), partDays);
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
  },
};

/** Who changed what of the configuration. */
export const ACTIVITY_VIEW: Views = {
  name: "activity",
  source: { stream: STREAMS.control, filters: ["control.>"] },
  tables: ["activity"],
  make: ({ log }) => ({
    project: (batch, tx) => projectActivity(readEntries<ControlFact>(batch, log), tx),
    reset: () => undefined,
  }),
};

/** Rows of messages from which personal data was erased: in the tables of `MAIL_VIEWS`, after them. */
const ERASED_VIEW: Views = {
  name: "erased",
  source: { stream: STREAMS.erased, filters: ["erased.>"] },
  tables: [],
  // While it is written everybody's views stand still, and each record takes several requests.
  batchSize: 50,
  make: ({ log, nats, partDays, outside }) => {
    const bytes = new BytesRemover(nats, outside);
    return {
      prepare: (batch) => bytes.remove(readEntries<ErasedRecord>(batch, log)),
      project: async (batch, tx) => {
        const records = readEntries<ErasedRecord>(batch, log).map(({ event }) => event);
        if (records.length === 0) return;
        const isKept = (ids: string[]) => makeParts(tx, ids, partDays);
        await projectErased({ nats, views: MAIL_VIEWS.name, tx, isKept }, records);
      },
      reset: () => undefined,
    };
  },
};

/** All there are, in the order in which they are made: a later one may need those before it. */
export const ALL_VIEWS: readonly Views[] = [MAIL_VIEWS, ACTIVITY_VIEW, ERASED_VIEW];
