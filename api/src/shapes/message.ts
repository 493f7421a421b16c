import {
  AttemptView,
  MailEvent,
  MessageStatus,
  MessageView,
  RecipientView,
  RouteTaken,
  Timestamp,
} from "@waybill/schemas/shapes";
import { z } from "zod";
import { named } from "./named.ts";
import { pageSchema, paging, span, Text } from "./query.ts";

export const MessageQuery = z.strictObject({
  status: MessageStatus.optional(),
  sender: Text.optional().describe("envelope sender, whole, in any case"),
  recipient: Text.optional().describe("envelope recipient, whole, in any case"),
  subject: Text.optional().describe("text within the subject, in any case"),
  ...span,
  ...paging,
});
export type MessageQuery = z.infer<typeof MessageQuery>;

export const MessageSummary = named(
  "MessageSummary",
  MessageView.pick({
    id: true,
    status: true,
    sender: true,
    subject: true,
    size: true,
    attempts: true,
    acceptedAt: true,
    updatedAt: true,
    nextAttemptAt: true,
  }).extend({
    recipients: z.array(RecipientView.pick({ address: true, status: true, reason: true })),
  }),
);
export type MessageSummary = z.infer<typeof MessageSummary>;

export const MessagePage = pageSchema(MessageSummary);

/** One step in the life of a message; `seq` is its place in the log. */
export const TimelineEntry = named(
  "TimelineEntry",
  z.object({
    seq: z.int(),
    type: z.string(),
    time: Timestamp,
    text: z.string(),
    route: RouteTaken.optional(),
  }),
);
export type TimelineEntry = z.infer<typeof TimelineEntry>;

export const MessageDetail = named(
  "Message",
  MessageView.extend({ attemptLog: z.array(AttemptView), timeline: z.array(TimelineEntry) }),
);

/** An event with its place in the log. */
export const LoggedEvent = named("LoggedEvent", z.object({ seq: z.int(), event: MailEvent }));
