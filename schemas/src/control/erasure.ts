import { z } from "zod";
import { MessageId, Slug, Timestamp } from "../names.ts";

/**
 * Somebody asked for personal data to be erased, and this is what was found. It is kept before
 * anything is erased, and once more when all is.
 */
export const Erasure = z.object({
  kind: z.literal("erasure"),
  id: z.string(),
  /** The message whose personal data it was, or a keyed hash of the address; one of the two. */
  messageId: MessageId.optional(),
  address: z.string().optional(),
  /** How much of it there was. */
  messages: z.int(),
  events: z.int(),
  bodies: z.int(),
  at: Timestamp,
  by: z.string(),
  /** Absent when nothing was said. */
  why: z.string().optional(),
  /** When nobody could read it any more; absent until then: it is gone on with after a crash. */
  finishedAt: Timestamp.optional(),
});
export type Erasure = z.infer<typeof Erasure>;

/** An erasure with whose it is, as lists name it. */
export const TenantErasure = Erasure.extend({ tenant: Slug });
export type TenantErasure = z.infer<typeof TenantErasure>;
