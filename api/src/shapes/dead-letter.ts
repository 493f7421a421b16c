import { DeadReason, MessageId, MessageView, RecipientView } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Line } from "./line.ts";
import { named } from "./named.ts";
import { pageSchema, paging, span, Text } from "./query.ts";

/** Which dead letters: those with a recipient that was given up for this reason, in this time. */
const filters = {
  reason: DeadReason.optional(),
  recipient: Text.optional().describe("dead recipient, whole, in any case"),
  ...span,
};

export const DeadLetterFilter = z.strictObject(filters);
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

export const DeadLetterQuery = z.strictObject({ ...filters, ...paging });

export const DeadLetter = named(
  "DeadLetter",
  MessageView.pick({
    id: true,
    status: true,
    sender: true,
    subject: true,
    size: true,
    attempts: true,
    acceptedAt: true,
    updatedAt: true,
  }).extend({ recipients: z.array(RecipientView) }),
);
export type DeadLetter = z.infer<typeof DeadLetter>;

export const DeadLetterPage = pageSchema(DeadLetter);

/** Messages of one command. */
export const MOST_REQUEUED = 1000;

export const ReprocessCommand = z
  .strictObject({
    ids: z.array(Line.max(100)).min(1).max(MOST_REQUEUED).optional(),
    filter: DeadLetterFilter.optional().describe("{} is every dead letter"),
    dryRun: z.boolean().default(false),
  })
  .refine(
    ({ ids, filter }) => (ids === undefined) !== (filter === undefined),
    "give either ids or filter",
  )
  .meta({
    examples: [{ filter: { reason: "no_route" } }, { ids: ["01KAJ8Q6ZC5V5M2X3T4R6W7Y8Z"] }],
  });
export type ReprocessCommand = z.infer<typeof ReprocessCommand>;

export const ReprocessResult = named(
  "ReprocessResult",
  z.object({
    dryRun: z.boolean(),
    requeued: z.int().describe("how many messages were, or in a dry run would be, requeued"),
    ids: z.array(MessageId),
    notFound: z.array(z.string()),
    notDead: z.array(MessageId).describe("messages without a dead recipient"),
    expired: z
      .array(MessageId)
      .describe("messages whose acceptance the log does not hold any more"),
    more: z.boolean().describe("the filter matches further messages: repeat the command"),
  }),
);
export type ReprocessResult = z.infer<typeof ReprocessResult>;
