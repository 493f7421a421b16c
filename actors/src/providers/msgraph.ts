import { buffer } from "node:stream/consumers";
import type { MsgraphProvider } from "@waybill/schemas";
import type { Verdict } from "./http/outcomes.ts";
import { type Mailbox, openMailbox, type Way } from "./msgraph/mailbox.ts";
import { messageIdIn, readdress } from "./msgraph/readdress.ts";
import { earlier, sendDraft } from "./msgraph/send-draft.ts";
import type { Attempt, Provider } from "./provider.ts";

/** Octets of a message: a request of Graph is 4 MiB at most, and carries it in base64. */
const LARGEST = 3 * 1024 * 1024;

const TOO_LARGE: Verdict = {
  class: "permanent_message",
  category: "size",
  response: "Microsoft Graph takes messages of 3 MiB at most",
};

async function verdictOn(mailbox: Mailbox, attempt: Attempt): Promise<Verdict> {
  if (attempt.size > LARGEST) return TOO_LARGE;
  const { recipients } = attempt;
  const raw = await buffer(attempt.body());
  const mail = {
    ...readdress(raw, recipients, attempt.messageId),
    recipients,
    messageId: messageIdIn(raw),
  };
  const known = attempt.attempt > 1 ? await earlier(mailbox, mail) : undefined;
  return known ?? sendDraft(mailbox, mail);
}

/**
 * A mailbox of Microsoft 365 as a provider. Graph has no envelope: a message goes to whom its header
 * names, so To, Cc and Bcc are made to name the envelope's recipients and nobody else; its sender is
 * the mailbox. It is made a draft first and then sent, so that a lost answer can be cleared up.
 */
export function msgraphProvider(
  settings: MsgraphProvider,
  openSecret: (sealed: string) => string,
  way: Way,
): Provider {
  const mailbox = openMailbox(settings, openSecret(settings.sealedSecret), way);
  return {
    id: settings.id,
    kind: settings.type,
    send: async (attempt) => {
      const verdict = await verdictOn(mailbox, attempt);
      return attempt.recipients.map((recipient) => ({ recipient, ...verdict }));
    },
    close: () => mailbox.close(),
  };
}
