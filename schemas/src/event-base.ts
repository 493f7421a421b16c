import { MessageId, Slug, Timestamp } from "./names.ts";
import { z } from "zod";

/** What every event has. */
export const base = {
  messageId: MessageId,
  tenant: Slug,
  time: Timestamp,
  /** W3C trace id of the submission, 32 hex digits. */
  traceId: z.string(),
  /** Personal data that it held was erased; what is left stands where it stood. */
  erased: z.literal(true).optional(),
};
