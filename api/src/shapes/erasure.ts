import { Erasure, MessageId } from "@waybill/schemas/shapes";
import { z } from "zod";
import { MailAddress } from "./mail-address.ts";
import { named } from "./named.ts";

/** Whose personal data: everybody's of one message, or of all messages that of one address. */
export const ErasureCommand = z
  .strictObject({ messageId: MessageId.optional(), address: MailAddress.optional() })
  .refine(
    ({ messageId, address }) => (messageId === undefined) !== (address === undefined),
    "give either messageId or address",
  )
  .meta({
    examples: [{ address: "ann@example.com" }, { messageId: "01KAJ8Q6ZC5V5M2X3T4R6W7Y8Z" }],
  });
export type ErasureCommand = z.infer<typeof ErasureCommand>;

export const ErasureResult = named("Erasure", Erasure.omit({ kind: true }));

export const ErasureList = z.object({ items: z.array(ErasureResult) });
