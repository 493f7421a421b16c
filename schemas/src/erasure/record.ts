import type { MailEvent } from "../events.ts";

/**
 * What stands in the place of an event from which personal data was erased; the last one of a
 * sequence counts. Made before the original is overwritten, and kept as long as the log.
 */
export type ErasedRecord = {
  /** Where the original was in MAIL: sequence, subject, and the time at which it was kept. */
  seq: number;
  subject: string;
  keptAt: string;
  tenant: string;
  messageId: string;
  /** SHA-256 of the original, hex, as the chain of the audit counts it. */
  leaf: string;
  /** What is left of it. */
  event: MailEvent;
  /** Sequences in BODIES of the bytes that are erased with it. */
  chunks: number[];
  why?: string;
  by: string;
};

/** Where the record of an event is kept. */
export const erasedSubject = (tenant: string, messageId: string): string =>
  `erased.${tenant}.${messageId}`;
