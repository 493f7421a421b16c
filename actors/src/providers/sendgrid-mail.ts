import { isAscii } from "node:buffer";
import type { Mail, MailAttachment } from "../mime/mail.ts";

/** Recipients of a request (SendGrid, "Mail Send": limitations). */
const MOST = 1000;

/** Nothing that would change the message. */
const UNTOUCHED = {
  click_tracking: { enable: false, enable_text: false },
  open_tracking: { enable: false },
  subscription_tracking: { enable: false },
  ganalytics: { enable: false },
};

type Email = { email: string; name?: string };

const emailOf = ({ name, address }: { name: string; address: string }): Email =>
  name === "" ? { email: address } : { email: address, name };

const some = <T>(name: string, list: readonly T[]) => (list.length > 0 ? { [name]: list } : {});

/** One mail for all, or one for each where none is to see another: somebody must be its `to`. */
function personalizationsOf({ to, cc, bcc }: Mail): object[] {
  if (to.length === 0) return bcc.map((email) => ({ to: [{ email }] }));
  const hidden = bcc.map((email) => ({ email }));
  return [{ to: to.map(emailOf), ...some("cc", cc.map(emailOf)), ...some("bcc", hidden) }];
}

/** Plain, then HTML, then any other; at least one, and none empty. */
function contentOf({ text, html, alternatives }: Mail): object[] {
  const content = [
    { type: "text/plain", value: text ?? "" },
    { type: "text/html", value: html ?? "" },
    ...alternatives.map((one) => ({ type: one.type, value: one.text })),
  ].filter(({ value }) => value !== "");
  return content.length > 0 ? content : [{ type: "text/plain", value: " " }];
}

const attachmentOf = (
  { filename, type, content, contentId, isInline }: MailAttachment,
  at: number,
): object => ({
  content: content.toString("base64"),
  type,
  filename: filename || `attachment-${at + 1}`,
  disposition: isInline ? "inline" : "attachment",
  ...(contentId === undefined ? {} : { content_id: contentId }),
});

function replyTo({ replyTo: [first, ...more] }: Mail): object {
  if (first === undefined) return {};
  if (more.length === 0) return { reply_to: emailOf(first) };
  return { reply_to_list: [first, ...more].map(emailOf) };
}

const headersOf = ({ headers }: Mail): Mail["headers"] =>
  headers.filter(({ name }) => !/^x-sg-/i.test(name));

/** A mail as SendGrid's `POST /v3/mail/send` takes it; events name it by `relay_id`. */
export function sendgridMail(mail: Mail, messageId: string): object {
  return {
    from: emailOf(mail.from),
    ...replyTo(mail),
    subject: mail.subject || " ",
    personalizations: personalizationsOf(mail),
    content: contentOf(mail),
    ...some("attachments", mail.attachments.map(attachmentOf)),
    headers: Object.fromEntries(headersOf(mail).map(({ name, value }) => [name, value])),
    custom_args: { relay_id: messageId },
    tracking_settings: UNTOUCHED,
  };
}

/** What two addresses, or two field names, are one by. */
const repeats = (names: readonly string[]): boolean =>
  new Set(names.map((name) => name.toLowerCase())).size < names.length;

/** Why a mail has no form in SendGrid's JSON. */
export function sendgridCannot(mail: Mail): string | undefined {
  const { to, cc, bcc } = mail;
  const all = [...to, ...cc].map(({ address }) => address).concat(bcc);
  if (to.length === 0 && cc.length > 0) return "it has Cc without To";
  if (all.length > MOST) return `it has more than ${MOST} recipients`;
  if (repeats(all)) return "two recipients differ in case only";
  return repeats(headersOf(mail).map(({ name }) => name)) ? "a field is repeated" : undefined;
}

/** SendGrid is known to lose names beyond ASCII, and the charset of texts (django-anymail, "SendGrid limitations"). */
export const sendgridDamages = ({ attachments }: Mail): boolean =>
  attachments.some(
    ({ filename = "", type, content }) =>
      !isAscii(Buffer.from(filename)) || (type.startsWith("text/") && !isAscii(content)),
  );
