import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Asked, Said } from "./emulator.ts";

/** Emulates `POST /emails` of Resend, as its documents and its own client tell it. */

const MEBIBYTE = 1024 * 1024;
const LARGEST = 40 * MEBIBYTE;

const error = (status: number, name: string, message: string, headers = {}): Said => ({
  status,
  headers,
  json: { statusCode: status, name, message },
});

const LIMITED = { "ratelimit-limit": "2", "ratelimit-remaining": "0", "ratelimit-reset": "1" };

/** The documented errors; a recipient whose local part is `emulate+<name>+<status>` calls for one. */
export const RESEND_ERRORS: Record<string, Said> = Object.fromEntries(
  (
    [
      [400, "invalid_idempotency_key", "The key must be between 1-256 chars."],
      [400, "validation_error", "We found an error with one or more fields in the request."],
      [401, "missing_api_key", "Missing API key in the authorization header."],
      [401, "restricted_api_key", "This API key is restricted to only send emails."],
      [403, "invalid_api_key", "API key is invalid."],
      [403, "validation_error", "The d.test domain is not verified."],
      [404, "not_found", "The requested endpoint does not exist."],
      [405, "method_not_allowed", "Method is not allowed for the requested path."],
      [409, "invalid_idempotent_request", "Same idempotency key used with another payload."],
      [409, "concurrent_idempotent_requests", "The original request is still in progress."],
      [422, "invalid_attachment", "Attachment must have either a `content` or `path`."],
      [422, "invalid_from_address", "Invalid `from` field."],
      [422, "invalid_access", "Access must be full_access or sending_access."],
      [422, "invalid_parameter", "The parameter must be a valid UUID."],
      [422, "invalid_region", "Region must be one of those listed."],
      [422, "missing_required_field", "The request body is missing required fields."],
      [422, "validation_error", "Invalid `to` field."],
      [429, "monthly_quota_exceeded", "You have reached your monthly email quota."],
      [429, "daily_quota_exceeded", "You have reached your daily email quota."],
      [429, "rate_limit_exceeded", "Too many requests.", LIMITED],
      [451, "security_error", "We may have found a security issue with the request."],
      [500, "application_error", "An unexpected error occurred."],
      [500, "internal_server_error", "An unexpected error occurred."],
    ] as [number, string, string, object?][]
  ).map(([status, name, message, headers]) => [
    `${name}+${status}`,
    error(status, name, message, headers),
  ]),
);

const Many = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Tagged = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/);

const Email = z.object({
  from: z.string(),
  to: Many.pipe(z.array(z.string()).min(1).max(50)),
  cc: Many.optional(),
  bcc: Many.optional(),
  reply_to: Many.optional(),
  subject: z.string(),
  html: z.string().optional(),
  text: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  attachments: z
    .array(
      z.object({
        content: z.base64(),
        filename: z.string().min(1),
        content_type: z.string().optional(),
        content_id: z.string().optional(),
      }),
    )
    .optional(),
  tags: z.array(z.object({ name: Tagged, value: Tagged })).optional(),
});

/** A mail that was taken, with the key it came under. */
export type ResendMail = z.infer<typeof Email> & { id: string; idempotencyKey?: string };

const ASCII_ADDRESS = /^(?:[^<>]*<)?[\x21-\x7e]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*>?$/i;

const recipientsOf = ({ to, cc = [], bcc = [] }: z.infer<typeof Email>) => [...to, ...cc, ...bcc];

function refusalOf(email: z.infer<typeof Email>): Said | undefined {
  const recipients = recipientsOf(email);
  const calls = recipients.map((one) => /emulate\+([a-z_]+\+\d{3})@/.exec(one)?.[1] ?? "");
  const called = calls.map((name) => RESEND_ERRORS[name]).find((one) => one !== undefined);
  if (called !== undefined) return called;
  if (!recipients.every((one) => ASCII_ADDRESS.test(one)))
    return error(422, "validation_error", "Invalid `to` field.");
  if (!ASCII_ADDRESS.test(email.from))
    return error(422, "invalid_from_address", "Invalid `from` field.");
  const hasContent = email.html !== undefined || email.text !== undefined;
  return hasContent
    ? undefined
    : error(422, "missing_required_field", "Missing `html` or `text` field.");
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

type Known = { payload: string; reply: Said };

/** An account of Resend with one key; `handle` answers a request, `mails` is what it took. */
export class Resend {
  readonly mails: ResendMail[] = [];
  readonly #authorization: string;
  /** Replies of what was taken, by idempotency key; in life for 24 hours. */
  readonly #known = new Map<string, Known>();

  constructor({ key }: { key: string }) {
    this.#authorization = `Bearer ${key}`;
  }

  readonly handle = (request: Asked): Said => {
    const { method, path, headers, body } = request;
    if (path !== "/emails") return RESEND_ERRORS["not_found+404"] as Said;
    if (method !== "POST") return RESEND_ERRORS["method_not_allowed+405"] as Said;
    if (headers["user-agent"] === undefined) return { status: 403, text: "error code: 1010" };
    if (headers.authorization === undefined) return RESEND_ERRORS["missing_api_key+401"] as Said;
    if (headers.authorization !== this.#authorization)
      return RESEND_ERRORS["invalid_api_key+403"] as Said;
    if (headers["content-type"]?.startsWith("application/json") !== true)
      return error(422, "validation_error", "The content type is not application/json.");
    if (body.length > LARGEST) return error(413, "validation_error", "The email is too large.");
    return this.#once(headers["idempotency-key"], body);
  };

  #once(key: string | string[] | undefined, body: Buffer): Said {
    if (key === undefined) return this.#take(body);
    if (typeof key !== "string" || key.length < 1 || key.length > 256)
      return RESEND_ERRORS["invalid_idempotency_key+400"] as Said;
    const payload = createHash("sha256").update(body).digest("hex");
    const known = this.#known.get(key);
    if (known !== undefined)
      return known.payload === payload
        ? known.reply
        : (RESEND_ERRORS["invalid_idempotent_request+409"] as Said);
    const reply = this.#take(body, key);
    if (reply.status === 200) this.#known.set(key, { payload, reply });
    return reply;
  }

  #take(body: Buffer, idempotencyKey?: string): Said {
    const email = Email.safeParse(parse(body));
    if (!email.success) return error(422, "validation_error", z.prettifyError(email.error));
    const refusal = refusalOf(email.data);
    if (refusal !== undefined) return refusal;
    const id = randomUUID();
    this.mails.push({ ...email.data, id, ...(idempotencyKey && { idempotencyKey }) });
    return { status: 200, json: { id } };
  }
}
