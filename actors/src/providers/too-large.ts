import type { Outcome } from "@waybill/schemas";

/** A service takes no message of that size; the next provider of the rule may. @param takes what it takes, as a sentence */
export const tooLarge = (recipients: readonly string[], takes: string): Outcome[] =>
  recipients.map((recipient) => ({
    recipient,
    class: "permanent_message",
    category: "size",
    response: takes,
  }));
