import { z } from "zod";
import { MessageId, Timestamp } from "../names.ts";

/** Somebody asked for personal data to be erased, and this is what was found. */
export const Erasure = z.object({
  kind: z.literal("erasure"),
  id: z.string(),
  /** The message whose personal data it was, or a keyed hash of the recipient; one of the two. */
  messageId: MessageId.optional(),
  recipient: z.string().optional(),
  /** How much of it there was. */
  messages: z.int(),
  events: z.int(),
  bodies: z.int(),
  at: Timestamp,
  by: z.string(),
  /** Absent when nothing was said. */
  why: z.string().optional(),
});
export type Erasure = z.infer<typeof Erasure>;
