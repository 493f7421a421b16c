import type { Asked, Said } from "./emulator.ts";

/** Emulates `POST /v3/<domain>/messages.mime` of Mailgun, as its documents and its own client tell it. */

/** A mail that was taken: the envelope, the bytes, and every other field by its name. */
export type MailgunMail = { to: string[]; message: Buffer; fields: Record<string, string[]> };

const MEBIBYTE = 1024 * 1024;
const LIMITS = {
  request: 52.4 * MEBIBYTE,
  message: 25 * MEBIBYTE,
  recipients: 1000,
  parameters: 16 * 1024,
};

const json = (status: number, message: string): Said => ({ status, json: { message } });

const notAllowed = (domain: string, why: string) =>
  `Domain ${domain} is not allowed to send: ${why}`;
const invalid = (name: string) =>
  json(400, `'${name}' parameter is not a valid address. please check documentation`);

const LATER = "try again after Mon, 25 Aug 2036 07:00:31 UTC";

/** What is refused for the account's sake: a recipient whose local part is `emulate-<name>` calls for it. */
export const MAILGUN_ERRORS: Record<string, Said> = {
  unverified: json(
    400,
    notAllowed("d.test", "The domain is unverified and requires DNS configuration."),
  ),
  free: json(
    400,
    notAllowed("d.test", "Free accounts are for test purposes only. Please upgrade."),
  ),
  disabled: json(400, notAllowed("d.test", "Please activate your Mailgun account.")),
  from: invalid("from"),
  options: json(400, "o:, h:, v: and t: parameters may be 16kB in all"),
  payment: json(402, "Request Failed: the plan's messages are used up"),
  forbidden: { status: 403, text: "Forbidden" },
  ip: json(403, "This IP is not usable by the domain"),
  missing: json(404, "Domain not found: d.test"),
  requests: json(429, notAllowed("d.test", `request limit exceeded, ${LATER}`)),
  recipients: json(420, notAllowed("d.test", `recipient limit exceeded, ${LATER}`)),
  bytes: json(429, `bytes limit exceeded, ${LATER}`),
  busy: { ...json(429, "Too many requests"), headers: { "retry-after": "7" } },
  internal: json(500, "Internal Server Error"),
};

const ADDRESS = /^[\x21-\x7e]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i;

const namesError = (to: readonly string[]): Said | undefined =>
  to
    .map((one) => /^emulate-([a-z]+)@/.exec(one)?.[1] ?? "")
    .map((name) => MAILGUN_ERRORS[name])
    .find((error) => error !== undefined);

const octets = (fields: Record<string, string[]>): number =>
  Object.entries(fields)
    .filter(([name]) => /^[ohvt]:/.test(name))
    .flatMap(([name, values]) => values.map((value) => Buffer.byteLength(name + value)))
    .reduce((sum, one) => sum + one, 0);

function refusalOf({ to, message, fields }: MailgunMail): Said | undefined {
  if (to.length === 0) return json(400, "'to' parameter is missing");
  if (message.length === 0) return json(400, "'message' parameter is missing");
  if (to.length > LIMITS.recipients) return json(400, "too many recipients, the maximum is 1000");
  if (!to.every((one) => ADDRESS.test(one))) return invalid("to");
  if (octets(fields) > LIMITS.parameters) return MAILGUN_ERRORS["options"];
  if (message.length > LIMITS.message) return json(413, "the message is larger than 25 MB");
  return namesError(to);
}

/** The form as undici reads it, which is strict; undefined when it is none. */
async function formOf({ headers, body }: Asked): Promise<FormData | undefined> {
  const type = headers["content-type"] ?? "";
  if (!type.startsWith("multipart/form-data")) return undefined;
  const reply = new Response(new Uint8Array(body), { headers: { "content-type": type } });
  return reply.formData().catch(() => undefined);
}

async function mailOf(form: FormData): Promise<MailgunMail> {
  const file = form.get("message");
  const message = file instanceof File ? Buffer.from(await file.arrayBuffer()) : Buffer.alloc(0);
  const names = [...new Set(form.keys())].filter((name) => name !== "message" && name !== "to");
  const texts = (name: string) => form.getAll(name).map(String);
  return { to: texts("to"), message, fields: Object.fromEntries(names.map((n) => [n, texts(n)])) };
}

/** The message's own id is the final one; without, one is made. */
function idOf({ message }: MailgunMail, domain: string, count: number): string {
  const end = message.indexOf("\r\n\r\n");
  const header = message.subarray(0, end === -1 ? message.length : end).toString("latin1");
  return /^message-id:\s*(<[^>\s]+>)/im.exec(header)?.[1] ?? `<20260101000000.${count}@${domain}>`;
}

/** An account of Mailgun with one domain and one key; `handle` answers a request, `mails` is what it took. */
export class Mailgun {
  readonly mails: MailgunMail[] = [];
  readonly #domain: string;
  readonly #authorization: string;

  constructor({ domain, key }: { domain: string; key: string }) {
    this.#domain = domain;
    this.#authorization = `Basic ${Buffer.from(`api:${key}`).toString("base64")}`;
  }

  readonly handle = async (request: Asked): Promise<Said> => {
    const [, domain] = /^\/v3\/([^/?]+)\/messages\.mime$/.exec(request.path) ?? [];
    if (domain === undefined || request.method !== "POST")
      return { status: 200, text: "Mailgun Magnificent API" };
    if (request.headers.authorization !== this.#authorization)
      return { status: 401, text: "Forbidden" };
    if (decodeURIComponent(domain) !== this.#domain)
      return json(404, `Domain not found: ${decodeURIComponent(domain)}`);
    if (request.body.length > LIMITS.request) return json(413, "Request Entity Too Large");
    return this.#take(await formOf(request));
  };

  async #take(form: FormData | undefined): Promise<Said> {
    if (form === undefined) return json(400, "the body is not multipart/form-data");
    const mail = await mailOf(form);
    const refusal = refusalOf(mail);
    if (refusal !== undefined) return refusal;
    this.mails.push(mail);
    const id = idOf(mail, this.#domain, this.mails.length);
    return { status: 200, json: { id, message: "Queued. Thank you." } };
  }
}
