import { detectExtension, detectMimeType } from "nodemailer/lib/mime-funcs";
import type { Mail, MailAttachment } from "../mime/mail.ts";

type Attachment = { filename: string; content_type: string; content: string; content_id?: string };

/** An email as Resend's `POST /emails` takes it. */
type ResendEmail = {
  from: string;
  to: string[];
  cc?: string[];
  bcc?: string[];
  reply_to?: string[];
  subject: string;
  text?: string;
  html?: string;
  headers: Record<string, string>;
  attachments?: Attachment[];
  tags: { name: string; value: string }[];
};

/** Recipients of an email (Resend, "Send Email"). */
export const MOST_RECIPIENTS = 50;

/** On one line: a decoded word may hold a line end, which would be a field of its own. */
const line = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ");

/** A mailbox of RFC 5322 3.4, its name as people read it. */
const shown = ({ name, address }: { name: string; address: string }): string =>
  name === "" ? address : `"${line(name).replaceAll(/["\\]/g, "\\$&")}" <${address}>`;

const nameOf = ({ filename, type }: MailAttachment): string =>
  line(filename ?? "") || `attachment.${detectExtension(type)}`;

/** Resend drops an email in silence when the name of an attachment tells another type than it has. */
function isNamedAsItIs(attachment: MailAttachment): boolean {
  const name = nameOf(attachment);
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const { type } = attachment;
  return detectMimeType(name) === type || detectExtension(type) === extension;
}

function attachmentOf(attachment: MailAttachment): Attachment {
  const { type, content, contentId, isInline } = attachment;
  return {
    filename: nameOf(attachment),
    content_type: type,
    content: content.toString("base64"),
    ...(isInline && contentId !== undefined && { content_id: contentId }),
  };
}

/** What Resend's interface demands, and what it has no place for. */
const DEMANDS: readonly [reason: string, isMet: (mail: Mail) => boolean][] = [
  ["no recipient in To", ({ to }) => to.length > 0],
  [
    `more than ${MOST_RECIPIENTS} recipients`,
    ({ to, cc, bcc }) => to.length + cc.length + bcc.length <= MOST_RECIPIENTS,
  ],
  ["no subject", ({ subject }) => subject.trim() !== ""],
  ["no text", ({ text, html }) => Boolean(text || html)],
  [
    "a field twice",
    ({ headers }) => new Set(headers.map(({ name }) => name.toLowerCase())).size === headers.length,
  ],
  [
    "an attachment whose name tells another type",
    ({ attachments }) => attachments.every(isNamedAsItIs),
  ],
];

/** Why Resend's interface would not send a mail, or would send another one; undefined when it is as it is. */
export const resendCannot = (mail: Mail): string | undefined =>
  DEMANDS.find(([, isMet]) => !isMet(mail))?.[0];

const unlessEmpty = <Name extends string, Value>(name: Name, list: Value[]) =>
  (list.length === 0 ? {} : { [name]: list }) as { [key in Name]?: Value[] };

/** A mail that Resend can send in its words, always the same for the same mail. */
export function emailOf(mail: Mail, relayId: string): ResendEmail {
  const { from, to, cc, bcc, replyTo, subject, text, html, headers, attachments } = mail;
  return {
    from: shown(from),
    to: to.map(shown),
    ...unlessEmpty("cc", cc.map(shown)),
    ...unlessEmpty("bcc", bcc),
    ...unlessEmpty("reply_to", replyTo.map(shown)),
    subject: line(subject),
    ...(text && { text }),
    ...(html && { html }),
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    ...unlessEmpty("attachments", attachments.map(attachmentOf)),
    tags: [{ name: "relay_id", value: relayId }],
  };
}
