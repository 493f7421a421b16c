import type { Mailbox } from "postal-mime";
import type { Mail, MailAttachment } from "../mime/mail.ts";

/**
 * Recipients of a mail and octets of a batch (Postmark, "Sending API"). Of its 500 mails only so many
 * that the reply, up to 800 octets for each, is not longer than the 64 KiB that are read.
 */
const MOST = { recipients: 50, mails: 80, octets: 50 * 1024 * 1024 };

const mailbox = ({ name, address }: Mailbox): string =>
  name === "" ? address : `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}" <${address}>`;

const listOf = (name: string, list: readonly Mailbox[]) =>
  list.length > 0 ? { [name]: list.map(mailbox).join(", ") } : {};

const some = <T>(name: string, value: T | "" | undefined) =>
  value === "" || value === undefined ? {} : { [name]: value };

const isShown = ({ contentId, isInline }: MailAttachment, html = ""): boolean =>
  contentId !== undefined && (isInline || html.includes(`cid:${contentId}`));

const attachmentOf = (html: string | undefined) => (one: MailAttachment, at: number) => ({
  Name: one.filename || `attachment-${at + 1}`,
  Content: one.content.toString("base64"),
  ContentType: one.type,
  ...(isShown(one, html) ? { ContentID: `cid:${one.contentId}` } : {}),
});

/** Our Message-ID stays with `X-PM-KeepID`. */
const headersOf = ({ headers }: Mail): object[] =>
  [...headers, { name: "X-PM-KeepID", value: "true" }].map(({ name: Name, value: Value }) => ({
    Name,
    Value,
  }));

/** A mail as Postmark's `POST /email` takes it; events name it by its metadata. */
function asPostmark(mail: Mail, messageId: string, stream: string | undefined): object {
  const { text, html, attachments } = mail;
  return {
    From: mailbox(mail.from),
    ...listOf("To", mail.to),
    ...listOf("Cc", mail.cc),
    ...some("Bcc", mail.bcc.join(", ")),
    ...listOf("ReplyTo", mail.replyTo),
    Subject: mail.subject,
    ...(html ? some("TextBody", text) : { TextBody: text || " " }),
    ...some("HtmlBody", html),
    Headers: headersOf(mail),
    ...(attachments.length > 0 ? { Attachments: attachments.map(attachmentOf(html)) } : {}),
    Metadata: { relay_id: messageId },
    ...some("MessageStream", stream),
    TrackOpens: false,
    TrackLinks: "None",
  };
}

/** A request: its path and body, and of a batch the recipients of its mails in their order. */
export type PostmarkRequest = { path: string; body: Buffer; recipients: readonly string[] };

const bufferOf = (body: object): Buffer => Buffer.from(JSON.stringify(body));

/** Batches of a mail for each, as no one is to see another and somebody must be its `To`. */
function batchesOf(mail: Mail, make: (mail: Mail) => object): PostmarkRequest[] {
  const forOne = (address: string) =>
    bufferOf(make({ ...mail, to: [{ name: "", address }], bcc: [] }));
  const longest = forOne(mail.bcc.toSorted((a, b) => b.length - a.length)[0] ?? "").length + 2;
  const size = Math.max(1, Math.min(MOST.mails, Math.floor(MOST.octets / longest)));
  return Array.from({ length: Math.ceil(mail.bcc.length / size) }, (_, at) => {
    const recipients = mail.bcc.slice(at * size, (at + 1) * size);
    const body = `[${recipients.map((one) => forOne(one).toString()).join(",")}]`;
    return { path: "/email/batch", body: Buffer.from(body), recipients };
  });
}

/** The requests that carry a mail: one, or batches where the header shows no recipient. */
export function postmarkRequests(
  mail: Mail,
  messageId: string,
  stream: string | undefined,
): PostmarkRequest[] {
  const make = (one: Mail) => asPostmark(one, messageId, stream);
  if (mail.to.length === 0) return batchesOf(mail, make);
  const recipients = [...[...mail.to, ...mail.cc].map(({ address }) => address), ...mail.bcc];
  return [{ path: "/email", body: bufferOf(make(mail)), recipients }];
}

/** Why a mail has no form in Postmark's JSON. */
export function postmarkCannot({ to, cc, bcc }: Mail): string | undefined {
  if (to.length === 0) return cc.length > 0 ? "it has Cc without To" : undefined;
  const all = to.length + cc.length + bcc.length;
  return all > MOST.recipients ? `it has more than ${MOST.recipients} recipients` : undefined;
}
