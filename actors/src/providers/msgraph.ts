import { buffer } from "node:stream/consumers";
import type { MsgraphProvider } from "@waybill/schemas";
import { inMemory } from "./http/in-memory.ts";
import type { Verdict } from "./http/outcomes.ts";
import type { Reach } from "./http/reach.ts";
import { type Mailbox, openMailbox } from "./msgraph/mailbox.ts";
import { messageIdIn, readdress } from "./msgraph/readdress.ts";
import { earlier, sendDraft } from "./msgraph/send-draft.ts";
import { verifyMailbox } from "./msgraph/verify.ts";
import type { Attempt, Service } from "./provider.ts";
import { tooLarge } from "./too-large.ts";

/** Octets of a message: a request of Graph is 4 MiB at most, and carries it in base64. */
const LARGEST = 3 * 1024 * 1024;

const TAKES = "Microsoft Graph takes messages of up to 3 MiB";

async function verdictOn(mailbox: Mailbox, attempt: Attempt): Promise<Verdict> {
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
  reach: Reach,
): Service {
  const mailbox = openMailbox(settings, openSecret(settings.sealedSecret), reach);
  const hold = inMemory(settings.concurrency);
  return {
    id: settings.id,
    kind: settings.type,
    keepsBytes: false,
    send: async (attempt) => {
      if (attempt.size > LARGEST) return tooLarge(attempt.recipients, TAKES);
      const verdict = await hold(attempt.size, () =>
        verdictOn(mailbox.during(attempt.signal), attempt),
      );
      return attempt.recipients.map((recipient) => ({ recipient, ...verdict }));
    },
    verify: () => verifyMailbox(mailbox),
    close: () => mailbox.close(),
  };
}
