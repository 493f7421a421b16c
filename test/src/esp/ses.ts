import type { Asked, Said } from "./emulator.ts";
import { type Account, destinations, refuseMail, SendEmail } from "./ses-rules.ts";
import { type Key, refuseSigV4, type Refusal } from "./sigv4.ts";

const [SEND, ACCOUNT] = ["POST /v2/email/outbound-emails", "GET /v2/email/account"];

/** What one call handed over. */
export type SesMail = {
  messageId: string;
  raw: Buffer;
  recipients: string[];
  call: Omit<SendEmail, "Content">;
};

type SesOptions = Account & {
  keys: Record<string, Key>;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Recipients in any one second, and in all. */
  perSecond?: number;
  perDay?: number;
};

/** An error as the service words it: its type in a header, with a suffix where the gate says it. */
const errorReply = ({ status, type, message }: Refusal): Said => {
  const gate = status === 403 ? ":http://internal.amazon.com/coral/com.amazon.coral.service/" : "";
  return { status, headers: { "x-amzn-errortype": `${type}${gate}` }, json: { message } };
};

const tooMany = (message: string): Refusal => ({
  status: 429,
  type: "TooManyRequestsException",
  message,
});

function wrongRequest({ method, path, headers }: Asked): Refusal | undefined {
  const call = `${method} ${path}`;
  if (call === ACCOUNT) return undefined;
  if (call !== SEND) return { status: 404, type: "UnknownOperationException", message: "" };
  return headers["content-type"] === "application/json"
    ? undefined
    : { status: 415, type: "UnsupportedMediaTypeException", message: "not JSON" };
}

function parsed({ body }: Asked): SendEmail | undefined {
  try {
    return SendEmail.parse(JSON.parse(body.toString("utf8")));
  } catch {
    return undefined;
  }
}

/** Amazon SES's SendEmail (API v2) for raw messages, and GetAccount: an account, what it sent, and its limits. */
export class SesEmulator {
  readonly mails: SesMail[] = [];
  readonly #options: SesOptions;
  readonly #refusals: Refusal[] = [];
  readonly #sent: { at: number; recipients: number }[] = [];

  constructor(options: SesOptions) {
    this.#options = options;
  }

  /** Answers the next call that would be taken with this error instead. */
  refuseNext(type: string, message: string, status = 400): void {
    this.#refusals.push({ status, type, message });
  }

  /** Answers one request. */
  readonly handle = (asked: Asked): Said => {
    const now = this.#now();
    const refused =
      wrongRequest(asked) ?? refuseSigV4(asked, { ...this.#options, service: "ses", now });
    if (refused !== undefined) return errorReply(refused);
    if (asked.method === "GET") return this.#account();
    const mail = parsed(asked);
    return mail === undefined
      ? errorReply({ status: 400, type: "SerializationException", message: "Malformed input" })
      : this.#take(mail);
  };

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #account(): Said {
    const refused = this.#refusals.shift();
    if (refused !== undefined) return errorReply(refused);
    const { sandbox = false, paused = false } = this.#options;
    return { status: 200, json: { SendingEnabled: !paused, ProductionAccessEnabled: !sandbox } };
  }

  #take({ Content, ...call }: SendEmail): Said {
    const raw = Buffer.from(Content.Raw.Data, "base64");
    const recipients = destinations({ Content, ...call });
    const refused =
      refuseMail(raw, { Content, ...call }, this.#options) ??
      this.#overQuota(recipients.length) ??
      this.#refusals.shift();
    if (refused !== undefined) return errorReply(refused);
    const messageId = `0100${String(this.mails.length).padStart(12, "0")}-000000`;
    this.#sent.push({ at: this.#now(), recipients: recipients.length });
    this.mails.push({ messageId, raw, recipients, call });
    return { status: 200, json: { MessageId: messageId } };
  }

  #overQuota(more: number): Refusal | undefined {
    const { perDay = Infinity, perSecond = Infinity } = this.#options;
    const since = (age: number) =>
      this.#sent
        .filter(({ at }) => at > this.#now() - age)
        .reduce((sum, { recipients }) => sum + recipients, more);
    if (since(86_400_000) > perDay) return tooMany("Daily message quota exceeded.");
    return since(1000) > perSecond ? tooMany("Maximum sending rate exceeded.") : undefined;
  }
}
