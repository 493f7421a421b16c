import { decodeWords, type Mailbox } from "postal-mime";
import { asciiDomain } from "./address.ts";
import { canRepresent, mailboxesIn, type Reason, type Room } from "./can-represent.ts";
import { contentOf, isAlternative, isText, textOf } from "./content.ts";
import { valueOf } from "./fields.ts";
import { leavesOf, readMessage, Unreadable, type Part } from "./part.ts";

export type MailAttachment = {
  filename: string | undefined;
  /** Without parameters. */
  type: string;
  content: Buffer;
  /** Without its angle brackets. */
  contentId: string | undefined;
  /** Shown in the text rather than beside it. */
  isInline: boolean;
};

/** A message in the words of the JSON interfaces. Domains are ASCII; texts are as people read them. */
export type Mail = {
  from: Mailbox;
  /** Whom the header shows, each once, all of them recipients of the envelope. */
  to: Mailbox[];
  cc: Mailbox[];
  /** Recipients of the envelope whom the header does not show. */
  bcc: string[];
  replyTo: Mailbox[];
  subject: string;
  text: string | undefined;
  html: string | undefined;
  /** Further forms of the text, such as `text/calendar`. */
  alternatives: { type: string; text: string }[];
  attachments: MailAttachment[];
  /** The other fields in their order, unfolded and otherwise as they came. */
  headers: { name: string; value: string }[];
};

/** Fields that have a place of their own, are made anew, or would steer a provider. */
const NOT_CARRIED = new RegExp(
  `^(?:${[
    "from|to|cc|bcc|resent-bcc|reply-to|subject|mime-version|content-.*|received|return-path",
    "dkim-signature|x-smtpapi|(?:x-(?:ses|mailgun|pm|msys|mc|mailjet|mj|relay)|resend)-.*",
  ].join("|")})$`,
);

/** The first of each mailbox, its domain in ASCII. */
function once(list: readonly Mailbox[], seen = new Set<string>()): Mailbox[] {
  return list
    .map(({ name, address }) => ({ name, address: asciiDomain(address) }))
    .filter(({ address }) => !seen.has(address) && seen.add(address));
}

/** Who is shown as what, and who is not shown. */
function recipientsOf(root: Part, recipients: readonly string[]) {
  const seen = new Set<string>();
  const to = once(mailboxesIn(root, "to"), seen);
  const cc = once(mailboxesIn(root, "cc"), seen);
  const rest = once(
    recipients.map((address) => ({ name: "", address })),
    seen,
  );
  return { to, cc, bcc: rest.map(({ address }) => address) };
}

function attachmentOf(part: Part): MailAttachment {
  const { type, disposition, parent, fields } = part;
  const filename = disposition.params.get("filename") ?? type.params.get("name");
  const contentId = valueOf(fields, "content-id").replace(/^<(.*)>$/, "$1");
  const isRelated = parent?.type.value === "multipart/related";
  return {
    filename: filename && decodeWords(filename),
    type: type.value,
    content: contentOf(part),
    contentId: contentId || undefined,
    isInline: disposition.value === "inline" || (disposition.value === "" && isRelated),
  };
}

const textIn = (leaves: readonly Part[], type: string): string | undefined => {
  const part = leaves.find((one) => isText(one) && one.type.value === type);
  return part && textOf(part);
};

/** A message that `canRepresent` has passed, for its envelope. */
function mailOf(root: Part, recipients: readonly string[]): Mail {
  const leaves = leavesOf(root);
  const beside = leaves.filter((part) => !isText(part));
  const [from = { name: "", address: "" }] = once(mailboxesIn(root, "from"));
  return {
    from,
    ...recipientsOf(root, recipients),
    replyTo: once(mailboxesIn(root, "reply-to")),
    subject: decodeWords(valueOf(root.fields, "subject")),
    text: textIn(leaves, "text/plain"),
    html: textIn(leaves, "text/html"),
    alternatives: beside
      .filter(isAlternative)
      .map((part) => ({ type: part.type.value, text: textOf(part) ?? "" })),
    attachments: beside.filter((part) => !isAlternative(part)).map(attachmentOf),
    headers: root.fields
      .filter(({ key }) => !NOT_CARRIED.test(key))
      .map(({ name, value }) => ({ name, value })),
  };
}

/**
 * A raw message as JSON interfaces take it, or why they cannot.
 * @param recipients of the envelope; whoever the header does not show of them becomes a Bcc
 */
export function represent(
  raw: Buffer,
  recipients: readonly string[],
  room: Room,
): { mail: Mail } | { reason: Reason } {
  try {
    const root = readMessage(raw);
    const reason = canRepresent(root, recipients, room);
    return reason === undefined ? { mail: mailOf(root, recipients) } : { reason };
  } catch (error) {
    if (error instanceof Unreadable) return { reason: "unreadable" };
    throw error;
  }
}
