import { EVENT_TYPES, type EventType } from "@waybill/schemas";
import { MessageId } from "@waybill/schemas/shapes";
import { z } from "zod";
import { span } from "./query.ts";

const LIMIT = 10_000_000;

export const ExportQuery = z.strictObject({
  ...span,
  type: z.enum(EVENT_TYPES as [EventType, ...EventType[]]).optional(),
  message: MessageId.optional().describe("only the events of this message"),
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER - 1)
    .optional()
    .describe("only events after this `seq`: resumes an export"),
  limit: z.coerce.number().int().min(1).max(LIMIT).optional(),
});
export type ExportQuery = z.infer<typeof ExportQuery>;
