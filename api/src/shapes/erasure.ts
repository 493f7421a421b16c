import { Erasure, MessageId } from "@waybill/schemas/shapes";
import { z } from "zod";
import { MailAddress } from "./mail-address.ts";
import { named } from "./named.ts";

/** Whose personal data: everybody's of a message, or one recipient's of all messages. */
export const ErasureCommand = z
  .strictObject({ messageId: MessageId.optional(), recipient: MailAddress.optional() })
  .refine(
    ({ messageId, recipient }) => (messageId === undefined) !== (recipient === undefined),
    "give either messageId or recipient",
  )
  .meta({
    examples: [{ recipient: "ann@example.com" }, { messageId: "01KAJ8Q6ZC5V5M2X3T4R6W7Y8Z" }],
  });
export type ErasureCommand = z.infer<typeof ErasureCommand>;

export const ErasureResult = named("Erasure", Erasure.omit({ kind: true }));

export const ErasureList = z.object({ items: z.array(ErasureResult) });
