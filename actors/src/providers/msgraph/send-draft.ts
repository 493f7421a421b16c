import type { HttpReply } from "@waybill/runtime/outbound";
import { withoutToken } from "../http/no-token.ts";
import { byStatus, type Verdict } from "../http/outcomes.ts";
import { judge } from "./judge.ts";
import type { Asked, Item, Mailbox } from "./mailbox.ts";

/** A message on its way: with what it is asked for again, and to whom it goes. */
export type Outgoing = {
  mime: Buffer;
  /** Whom its Bcc names. */
  hidden: readonly string[];
  recipients: readonly string[];
  /** Its own Message-ID. */
  messageId: string | undefined;
};

type Draft = { id: string; messageId: string | undefined; isBccKept: boolean };

const CREATED = 201;
const SENT = 202;

/** What a request that brought no success means when nothing was sent by it. */
function unsent(answer: Asked, recipients: readonly string[]): Verdict {
  switch (answer.kind) {
    case "no-token":
      return withoutToken(answer.error);
    case "unsent":
      return {
        class: answer.refused ? "config" : "retry",
        category: "network",
        response: answer.why,
      };
    case "lost":
      return {
        class: "retry",
        category: "network",
        response: `nothing was sent yet: ${answer.why}`,
      };
    case "reply":
      return answer.status < 300
        ? { ...byStatus(answer), class: "retry", category: "protocol" }
        : judge(answer, recipients);
  }
}

const accepted = (messageId: string | undefined, response: string): Verdict => ({
  class: "accepted",
  code: SENT,
  response,
  ...(messageId === undefined ? {} : { providerMessageId: messageId }),
});

/** Undefined where the reply is none to a draft that was made. */
function draftIn({ status, text }: HttpReply): Draft | undefined {
  if (status !== CREATED) return undefined;
  try {
    const { id, internetMessageId, bccRecipients } = JSON.parse(text) as Record<string, unknown>;
    const messageId = typeof internetMessageId === "string" ? internetMessageId : undefined;
    const isBccKept = !Array.isArray(bccRecipients) || bccRecipients.length > 0;
    return typeof id === "string" ? { id, messageId, isBccKept } : undefined;
  } catch {
    return undefined;
  }
}

const lower = (all: readonly string[]) => all.map((one) => one.toLowerCase());

/** Two sends of a message to different recipients have the same Message-ID. */
function wentTo(items: readonly Item[], recipients: readonly string[]): boolean {
  const asked = lower(recipients);
  return items.some((item) => {
    const known = new Set(lower(item.recipients));
    return asked.every((one) => known.has(one));
  });
}

async function isSent(mailbox: Mailbox, messageId: string | undefined, { recipients }: Outgoing) {
  if (messageId === undefined) return false;
  const found = await mailbox.find("sentitems", messageId);
  return Array.isArray(found) && wentTo(found, recipients);
}

/**
 * What an earlier attempt left: an outcome where it was sent after all, or where nobody can tell;
 * undefined where it was not. Its drafts are deleted.
 */
export async function earlier(mailbox: Mailbox, mail: Outgoing): Promise<Verdict | undefined> {
  const { messageId, recipients } = mail;
  if (messageId === undefined) return undefined;
  const sent = await mailbox.find("sentitems", messageId);
  if (!Array.isArray(sent)) return unsent(sent, recipients);
  if (wentTo(sent, recipients)) return accepted(messageId, "an earlier attempt is in Sent Items");
  const drafts = await mailbox.find("drafts", messageId);
  if (!Array.isArray(drafts)) return unsent(drafts, recipients);
  const own = drafts.filter((one) => wentTo([one], recipients));
  await Promise.all(own.map(({ id }) => mailbox.remove(id)));
  return undefined;
}

/** Whether a reply to `send` leaves open if the message was sent: a server's failure, or words that are none of it. */
const isDoubtful = ({ status }: HttpReply): boolean =>
  status < 300 || status === 404 || status >= 500;

/**
 * What became of a draft whose sending brought no clear answer. It is in Sent Items, or it could
 * still be deleted and so was not sent, or nobody knows.
 */
async function settle(
  mailbox: Mailbox,
  mail: Outgoing,
  draft: Draft,
  answer: Asked,
): Promise<Verdict> {
  if (await isSent(mailbox, draft.messageId, mail))
    return accepted(draft.messageId, "no answer, and it is in Sent Items");
  const failed = unsent(answer, mail.recipients);
  const left = await mailbox.remove(draft.id);
  const isServers = answer.kind === "reply" && answer.status >= 500;
  if (left === "deleted" || (left === "unknown" && isServers)) return failed;
  return { ...failed, class: "ambiguous", category: "network" };
}

async function submit(mailbox: Mailbox, mail: Outgoing, draft: Draft): Promise<Verdict> {
  const answer = await mailbox.submit(draft.id);
  const isReply = answer.kind === "reply";
  if (isReply && answer.status === SENT) return accepted(draft.messageId, "202 accepted");
  if (answer.kind === "lost" || (isReply && isDoubtful(answer)))
    return settle(mailbox, mail, draft, answer);
  await mailbox.remove(draft.id);
  return unsent(answer, mail.recipients);
}

/** Sees to it that a draft has the Bcc of its message; what went wrong where it has not. */
async function hide(mailbox: Mailbox, { hidden, recipients }: Outgoing, draft: Draft) {
  if (hidden.length === 0 || draft.isBccKept) return undefined;
  const answer = await mailbox.hide(draft.id, hidden);
  if (answer.kind === "reply" && answer.status === 200) return undefined;
  await mailbox.remove(draft.id);
  return unsent(answer, recipients);
}

/** Makes a draft of a message and sends it; a draft that is not sent is deleted. */
export async function sendDraft(mailbox: Mailbox, mail: Outgoing): Promise<Verdict> {
  const answer = await mailbox.create(mail.mime);
  const draft = answer.kind === "reply" ? draftIn(answer) : undefined;
  if (draft === undefined) return unsent(answer, mail.recipients);
  return (await hide(mailbox, mail, draft)) ?? submit(mailbox, mail, draft);
}
