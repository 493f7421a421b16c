import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Asked, type Emulator, type Said, startEmulator } from "./emulator.ts";

/** What is documented of "Sending API": its shape and its limits. */
const MIB = 1024 * 1024;
const MOST = { octets: 10 * MIB, batch: 50 * MIB, body: 5 * MIB, mails: 500, recipients: 50 };
const METADATA = { keys: 10, key: 20, value: 80 };

const FORBIDDEN =
  /\.(?:vbs|exe|bin|bat|chm|com|cpl|crt|hlp|hta|inf|ins|isp|jse?|lnk|mdb|msi|pif|reg|scr|sct|wsc|wsf|wsh)$/i;

const Field = z.strictObject({ Name: z.string().min(1), Value: z.string() });

const Attachment = z.strictObject({
  Name: z.string().min(1),
  Content: z.base64(),
  ContentType: z.string().min(1),
  ContentID: z.string().nullish(),
  ContentLength: z.number().optional(),
});

const PostmarkMail = z.looseObject({
  From: z.string(),
  To: z.string(),
  Cc: z.string().optional(),
  Bcc: z.string().optional(),
  ReplyTo: z.string().optional(),
  Subject: z.string().max(2000).optional(),
  TextBody: z.string().max(MOST.body).optional(),
  HtmlBody: z.string().max(MOST.body).optional(),
  Tag: z.string().optional(),
  Headers: z.array(Field).optional(),
  Attachments: z.array(Attachment).optional(),
  Metadata: z.record(z.string().max(METADATA.key), z.string().max(METADATA.value)).optional(),
  MessageStream: z.string().optional(),
  TrackOpens: z.boolean().optional(),
  TrackLinks: z.enum(["None", "HtmlAndText", "HtmlOnly", "TextOnly"]).optional(),
});
export type PostmarkMail = z.infer<typeof PostmarkMail>;

/** What Postmark says of one mail, in its words. */
type Result = {
  ErrorCode: number;
  Message: string;
  MessageID?: string;
  SubmittedAt?: string;
  To?: string;
};

const refuse = (ErrorCode: number, Message: string): Result => ({ ErrorCode, Message });

/** The addresses of a list, in which a comma in quotes is part of a name. */
function addressesOf(list: string): string[] {
  const mailboxes = list.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
  return mailboxes.map((one) => (/<([^<>]*)>\s*$/.exec(one)?.[1] ?? one).trim());
}

const isAddress = (text: string): boolean => /^[\x21-\x7e]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text);

type Account = {
  token: string;
  /** Addresses that have bounced or complained before. */
  inactive?: readonly string[];
  /** Domains with a confirmed signature; by default any. */
  domains?: readonly string[];
  streams?: readonly string[];
};

const invalidAddress = (mail: PostmarkMail): Result | undefined => {
  for (const name of ["From", "To", "Cc", "Bcc", "ReplyTo"] as const) {
    const bad = addressesOf(mail[name] ?? "").find((address) => !isAddress(address));
    if (bad !== undefined) return refuse(300, `Invalid '${name}' address: '${bad}'.`);
  }
  return undefined;
};

const recipientsOf = ({ To, Cc = "", Bcc = "" }: PostmarkMail): string[] =>
  [To, Cc, Bcc].flatMap(addressesOf);

/** What is wrong with a mail, in the order of the documentation. */
function wrong(
  mail: PostmarkMail,
  { domains, streams = ["outbound"] }: Account,
): Result | undefined {
  const invalid = invalidAddress(mail);
  if (invalid !== undefined) return invalid;
  const [from = ""] = addressesOf(mail.From);
  if (domains?.includes(from.slice(from.lastIndexOf("@") + 1)) === false)
    return refuse(
      400,
      `The 'From' address you supplied (${from}) is not a Sender Signature on your account.`,
    );
  const recipients = recipientsOf(mail);
  if (addressesOf(mail.To).length === 0) return refuse(300, "Zero recipients specified");
  if (recipients.length > MOST.recipients)
    return refuse(300, `You can only send to ${MOST.recipients} recipients.`);
  if (!mail.TextBody && !mail.HtmlBody)
    return refuse(300, "Provide either email TextBody or HtmlBody or both.");
  if (Object.keys(mail.Metadata ?? {}).length > METADATA.keys)
    return refuse(300, "Too many metadata fields.");
  const forbidden = mail.Attachments?.find(({ Name }) => FORBIDDEN.test(Name));
  if (forbidden !== undefined)
    return refuse(411, `Forbidden attachment type: '${forbidden.Name}'.`);
  if (mail.MessageStream !== undefined && !streams.includes(mail.MessageStream))
    return refuse(
      1235,
      `The stream provided: '${mail.MessageStream}' does not exist on this server.`,
    );
  return undefined;
}

const REASON =
  "Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression.";

/** One mail: refused, sent to all, or sent to those who are active. */
function take(json: unknown, account: Account): { result: Result; mail?: PostmarkMail } {
  const read = PostmarkMail.safeParse(json);
  if (!read.success)
    return { result: refuse(403, `Incompatible JSON: ${read.error.issues[0]?.path.join(".")}`) };
  const mail = read.data;
  const refused = wrong(mail, account);
  if (refused !== undefined) return { result: refused };
  const recipients = recipientsOf(mail);
  const inactive = recipients.filter((one) => account.inactive?.includes(one));
  const names = inactive.join(", ");
  if (inactive.length === recipients.length) {
    const words = `You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: ${names}. ${REASON}`;
    return { result: refuse(406, words) };
  }
  const partly = `Message OK, but will not deliver to these inactive addresses: ${names}.`;
  const Message = inactive.length > 0 ? partly : "OK";
  const SubmittedAt = new Date().toISOString();
  return {
    result: { To: mail.To, SubmittedAt, ErrorCode: 0, Message, MessageID: randomUUID() },
    mail,
  };
}

const said = (status: number, json: unknown): Said => ({ status, json });

/** What is wrong before anybody reads the mail. */
function notAsked({ method, path, headers, body }: Asked, { token }: Account): Said | undefined {
  const isKnown = headers["x-postmark-server-token"] === token;
  if (path === "/server" && method === "GET" && isKnown)
    return said(200, { ID: 1, Name: "server", DeliveryType: "Live" });
  const most = { "/email": MOST.octets, "/email/batch": MOST.batch, "/server": 0 }[path];
  if (most === undefined) return said(404, refuse(0, "The resource does not exist."));
  if ((path === "/server") === (method === "POST"))
    return said(405, refuse(0, "The method is not allowed."));
  if (!isKnown)
    return said(
      401,
      refuse(
        10,
        "The Server Token you provided in the X-Postmark-Server-Token request header was invalid.",
      ),
    );
  if (!/^application\/json\b/.test(headers["content-type"] ?? ""))
    return said(422, refuse(409, "The 'Content-Type' header must be 'application/json'."));
  if (!(headers.accept ?? "").includes("application/json"))
    return said(422, refuse(409, "The 'Accept' header must be 'application/json'."));
  return body.length > most ? said(413, refuse(0, "The payload is too large.")) : undefined;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

type Taken = { id: string; mail: PostmarkMail };

/** Postmark's `POST /email` and `/email/batch`, as its documentation describes them; `mails` is what it took. */
export function postmarkService(account: Account) {
  const mails: Taken[] = [];
  const one = (json: unknown): Result => {
    const { result, mail } = take(json, account);
    if (mail !== undefined) mails.push({ id: result.MessageID ?? "", mail });
    return result;
  };
  const handle = (asked: Asked): Said => {
    const refused = notAsked(asked, account);
    if (refused !== undefined) return refused;
    const json = parsed(asked.body);
    if (json === undefined) return said(422, refuse(402, "Invalid JSON"));
    if (asked.path === "/email") {
      const result = one(json);
      return said(result.ErrorCode === 0 ? 200 : 422, result);
    }
    if (!Array.isArray(json)) return said(422, refuse(403, "Incompatible JSON"));
    if (json.length > MOST.mails) return said(422, refuse(410, "Too many batch messages"));
    return said(200, json.map(one));
  };
  return { handle, mails, taken: () => mails.length };
}

export type PostmarkEmulator = Emulator & { mails: Taken[] };

/** The same on loopback. */
export async function startPostmark(account: Account): Promise<PostmarkEmulator> {
  const { handle, mails } = postmarkService(account);
  return { ...(await startEmulator(handle)), mails };
}
