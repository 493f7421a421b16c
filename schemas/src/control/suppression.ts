import { z } from "zod";
import { Timestamp } from "../names.ts";
import { Category } from "../outcomes.ts";

/** Why nothing is sent to an address any more. */
export const SuppressionReason = z.enum(["hard_bounce", "complaint", "unsubscribe", "manual"]);
export type SuppressionReason = z.infer<typeof SuppressionReason>;

/** An address that a tenant's mail does not go to; the id is made from the address. */
export const Suppression = z.object({
  kind: z.literal("suppression"),
  id: z.string(),
  /** In lower case, its domain as A-labels. */
  address: z.string(),
  reason: SuppressionReason,
  /** Who said so: the provider or the report that told of it; `manual` or `import`. */
  origin: z.string(),
  /** Of a hard bounce: what the answer was about. */
  category: Category.optional(),
  /** The message that it was learnt from. */
  messageId: z.string().optional(),
  /** When it happened. */
  at: Timestamp,
  /** From this moment on it holds nothing back. */
  expiresAt: Timestamp.optional(),
});
export type Suppression = z.infer<typeof Suppression>;
