import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Asked, type Emulator, type Said, startEmulator } from "./emulator.ts";

/** What is documented of "Mail Send", v3: its shape and its limits. */
const MOST = { octets: 30 * 1024 * 1024, recipients: 1000, args: 10_000, categories: 10 };

const RESERVED = new Set([
  ..."x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding".split(" "),
  ..."to from subject reply-to cc bcc".split(" "),
]);

const ADDRESS = /^[^\s@"<>,]+@[^\s@.]+(\.[^\s@.]+)+$/;
const NO_ADDRESS = "Does not contain a valid address.";
// oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
const ASCII = /^[\x00-\x7F]*$/;

const isAddress = (text: string): boolean => ADDRESS.test(text) && ASCII.test(text);

const Email = z.strictObject({
  email: z.string().refine(isAddress, NO_ADDRESS),
  name: z.string().optional(),
});
const Switch = z.looseObject({ enable: z.boolean() });

const Personalization = z.strictObject({
  to: z.array(Email).min(1).max(MOST.recipients),
  cc: z.array(Email).min(1).max(MOST.recipients).optional(),
  bcc: z.array(Email).min(1).max(MOST.recipients).optional(),
  subject: z.string().min(1).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  custom_args: z.record(z.string(), z.string()).optional(),
});

const Content = z.strictObject({
  type: z.string().regex(/^[^\s;,]+\/[^\s;,]+$/, "The content type must not have parameters."),
  value: z.string().min(1, "The content value must be a string at least one character in length."),
});

const Attachment = z.strictObject({
  content: z.base64("The attachment content must be base64 encoded.").min(1),
  type: z.string().min(1).optional(),
  filename: z.string().min(1, "The filename of the attachment is required."),
  disposition: z.enum(["inline", "attachment"]).optional(),
  content_id: z
    .string()
    .regex(/^[^<>;,\s]+$/)
    .optional(),
});

const ORDER: Record<string, number> = { "text/plain": 0, "text/html": 1 };
const rank = (type: string): number => ORDER[type] ?? 2;
const isInOrder = (content: { type: string }[]): boolean =>
  content.every(({ type }, at) => at === 0 || rank(type) >= rank(content[at - 1]?.type ?? ""));

const mayOverride = (name: string): boolean => !RESERVED.has(name.toLowerCase());

const SendgridMail = z.strictObject({
  personalizations: z.array(Personalization).min(1).max(MOST.recipients),
  from: Email,
  reply_to: Email.optional(),
  reply_to_list: z.array(Email).min(1).max(MOST.recipients).optional(),
  subject: z.string().min(1, "The subject is required."),
  content: z.array(Content).min(1).refine(isInOrder, "text/plain first, then text/html."),
  attachments: z.array(Attachment).min(1).optional(),
  headers: z
    .record(z.string().refine(mayOverride, "This header must not be overridden."), z.string())
    .optional(),
  categories: z.array(z.string()).max(MOST.categories).optional(),
  custom_args: z.record(z.string(), z.string()).optional(),
  mail_settings: z.record(z.string(), z.unknown()).optional(),
  tracking_settings: z.record(z.string(), Switch).optional(),
});
export type SendgridMail = z.infer<typeof SendgridMail>;

type Refusal = { message: string; field?: string };

const refuse = (status: number, errors: Refusal[]): Said => ({
  status,
  json: { errors: errors.map(({ message, field = null }) => ({ message, field, help: null })) },
});

const addressesOf = ({ to, cc = [], bcc = [] }: SendgridMail["personalizations"][number]) =>
  [...to, ...cc, ...bcc].map(({ email }) => email.toLowerCase());

/** What the shape cannot say. */
function brokenLimit(mail: SendgridMail): Refusal | undefined {
  const all = mail.personalizations.flatMap(addressesOf);
  if (all.length > MOST.recipients)
    return {
      message: `There are more than ${MOST.recipients} recipients.`,
      field: "personalizations",
    };
  for (const [at, one] of mail.personalizations.entries()) {
    const list = addressesOf(one);
    const double = list.find((address, index) => list.indexOf(address) < index);
    const field = `personalizations.${at}`;
    if (double !== undefined)
      return {
        message: `Each email address in the personalization block should be unique between to, cc, and bcc. We found the first duplicate instance of [${double}] in the ${field} field.`,
        field,
      };
  }
  if (Buffer.byteLength(JSON.stringify(mail.custom_args ?? {})) > MOST.args)
    return { message: "The custom_args are too large.", field: "custom_args" };
  if (mail.reply_to !== undefined && mail.reply_to_list !== undefined)
    return { message: "Either reply_to or reply_to_list.", field: "reply_to" };
  return undefined;
}

function readMail(body: Buffer): SendgridMail | Said {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    return refuse(400, [{ message: "Bad Request" }]);
  }
  const read = SendgridMail.safeParse(json);
  if (!read.success)
    return refuse(
      400,
      read.error.issues.map(({ message, path }) => ({ message, field: path.join(".") })),
    );
  const broken = brokenLimit(read.data);
  return broken === undefined ? read.data : refuse(400, [broken]);
}

type Account = {
  key: string;
  /** Domains that mail may be from; by default any. */
  domains?: readonly string[];
  /** What the key may do. */
  scopes?: readonly string[];
};

const SENDER =
  "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.";

/** What is wrong before anybody reads the mail. */
function notAsked({ method, path, headers, body }: Asked, account: Account): Said | undefined {
  const { key, scopes = ["mail.send"] } = account;
  if (path === "/v3/scopes" && method === "GET" && headers.authorization === `Bearer ${key}`)
    return { status: 200, json: { scopes } };
  if (path !== "/v3/mail/send" && path !== "/v3/scopes")
    return refuse(404, [{ message: "not found" }]);
  if ((path === "/v3/scopes") === (method === "POST"))
    return refuse(405, [{ message: "method not allowed" }]);
  if (headers.authorization !== `Bearer ${key}`)
    return refuse(401, [
      { message: "The provided authorization grant is invalid, expired, or revoked" },
    ]);
  if (!/^application\/json\b/.test(headers["content-type"] ?? ""))
    return refuse(415, [{ message: "Content-Type should be application/json." }]);
  if (!/json|\*\/\*|^$/.test(headers.accept ?? ""))
    return refuse(406, [{ message: "not acceptable" }]);
  if (body.length > MOST.octets) return refuse(413, [{ message: "Payload too large." }]);
  return undefined;
}

type Taken = { id: string; mail: SendgridMail };

/** Twilio SendGrid's `POST /v3/mail/send`, as its documentation describes it; `mails` is what it took. */
export function sendgridService(account: Account) {
  const mails: Taken[] = [];
  const handle = (asked: Asked): Said => {
    const refused = notAsked(asked, account);
    if (refused !== undefined) return refused;
    const mail = readMail(asked.body);
    if ("status" in mail) return mail;
    const domain = mail.from.email.slice(mail.from.email.lastIndexOf("@") + 1);
    if (account.domains?.includes(domain) === false)
      return refuse(403, [{ message: SENDER, field: "from" }]);
    const id = randomUUID().replaceAll("-", "").slice(0, 22);
    mails.push({ id, mail });
    return { status: 202, headers: { "x-message-id": id } };
  };
  return { handle, mails, taken: () => mails.length };
}

export type SendgridEmulator = Emulator & { mails: Taken[] };

/** The same on loopback. */
export async function startSendgrid(account: Account): Promise<SendgridEmulator> {
  const { handle, mails } = sendgridService(account);
  return { ...(await startEmulator(handle)), mails };
}
