import type { Readable } from "node:stream";
import SMTPPool from "nodemailer/lib/smtp-pool";
import { type Outbound, OutboundError, TokenError } from "@waybill/runtime/outbound";
import type { Outcome, SmtpProvider, SmtpSettings } from "@waybill/schemas";
import { classify, type ReplyStage as Stage } from "@waybill/schemas";
import { guardedSocket } from "./guarded-socket.ts";
import { withoutToken } from "./http/no-token.ts";
import type { Attempt, Provider } from "./provider.ts";
import { type LoginReach, openLogin } from "./smtp-login.ts";

/** Milliseconds. The library's own defaults are minutes. */
const TIMEOUTS = { connect: 10_000, greeting: 15_000, socket: 120_000 };

/** Milliseconds after which an idle connection is closed. */
const IDLE = 30_000;

type SmtpError = Error & {
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
  recipient?: string;
  rejectedErrors?: SmtpError[];
};

type Sent = { response: string; rejectedErrors?: SmtpError[]; serverMessageId?: string };

/** What is asked of reports, where the next hop makes them as asked (RFC 3461 4). */
type Dsn = { return: "headers"; notify: string[]; recipient?: string };

const REPORTS: Dsn = { return: "headers", notify: ["failure", "delay"] };

/** What the pool uses of a composed mail; ours has its bytes already. */
type RawMail = {
  data: object;
  message: {
    getEnvelope(): { from: string; to: string[]; size: number; use8BitMime: boolean; dsn?: Dsn };
    messageId(): string;
    getHeader(): string;
    createReadStream(): Readable;
  };
};

type Pool = {
  send(mail: RawMail, done: (error: SmtpError | null, sent?: Sent) => void): void;
  close(): void;
};

const STAGES: Record<string, Stage> = {
  CONN: "connect",
  "MAIL FROM": "mail",
  "RCPT TO": "rcpt",
  DATA: "data",
};

const stageOf = (command = ""): Stage =>
  STAGES[command] ?? (command.startsWith("AUTH") ? "auth" : "connect");

/** Errors of the library that end a session before, or without, a reply. */
const LOST = new Set(["ECONNECTION", "ETIMEDOUT", "ESOCKET", "EDNS", "ETLS", "EPROTOCOL"]);

function poolOptions(smtp: SmtpSettings, concurrency: number, login: object) {
  const timeouts = smtp.timeouts ?? TIMEOUTS;
  return {
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === "implicit",
    requireTLS: smtp.tls === "starttls",
    ignoreTLS: smtp.tls === "none",
    tls: { rejectUnauthorized: smtp.verify },
    ...login,
    maxConnections: concurrency,
    maxMessages: 1000,
    maxRequeues: 1,
    idleTimeout: IDLE,
    connectionTimeout: timeouts.connect,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.socket,
    dnsTimeout: 5000,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false as const,
  };
}

/** One outcome from one negative reply. */
function refused(recipient: string, error: SmtpError): Outcome {
  const response = oneLine(error.response ?? error.message);
  const code = error.responseCode;
  return {
    recipient,
    response,
    ...(code === undefined ? {} : { code }),
    ...classify(response, stageOf(error.command)),
  };
}

const oneLine = (text: string): string => text.replace(/\s*\r?\n\s*/g, " ").slice(0, 500);

/** A session that ended without a reply: harmless unless the whole message was out. */
function lost(recipient: string, error: SmtpError, wasWritten: boolean): Outcome {
  const response = oneLine(error.message);
  return wasWritten
    ? {
        recipient,
        class: "ambiguous",
        category: "network",
        response: `no reply to the message: ${response}`,
      }
    : { recipient, class: "retry", category: "network", response };
}

/** No session: only the guard's refusal is about the settings. */
const unconnected = (recipient: string, { kind, message: response }: OutboundError): Outcome => ({
  recipient,
  class: kind === "refused" ? "config" : "retry",
  category: "network",
  response,
});

function outcomeOf(recipient: string, error: SmtpError, wasWritten: boolean): Outcome {
  if (error instanceof OutboundError) return unconnected(recipient, error);
  if (error instanceof TokenError) return { recipient, ...withoutToken(error) };
  const own = error.rejectedErrors?.find((one) => one.recipient === recipient);
  if (own !== undefined) return refused(recipient, own);
  if (error.responseCode !== undefined) return refused(recipient, error);
  const response = oneLine(error.message);
  if (error.code === "EAUTH" || error.code === "ENOAUTH") {
    return { recipient, class: "auth", category: "auth_required", response };
  }
  if (error.code === "EMESSAGE")
    return { recipient, class: "permanent_message", category: "size", response };
  if (error.code === "EENVELOPE")
    return { recipient, class: "permanent_recipient", category: "protocol", response };
  return LOST.has(error.code ?? "")
    ? lost(recipient, error, wasWritten)
    : { recipient, class: "retry", category: "other", response };
}

function accepted(recipient: string, sent: Sent): Outcome {
  const response = oneLine(sent.response);
  const code = Number(response.slice(0, 3));
  const id = sent.serverMessageId;
  return {
    recipient,
    class: "accepted",
    code,
    response,
    ...(id === undefined ? {} : { providerMessageId: id }),
  };
}

/**
 * An SMTP server as a provider, over nodemailer's connection pool. The pool is used without the
 * library's composer: our bytes go out as they are, for the envelope as it is. A message counts as
 * written once the library has read it to its end, because the final dot follows at once; a session
 * that breaks after that without a reply is `ambiguous`.
 * @param outbound judges the host at each new connection; undefined where the operator named it
 * @param reach of the token endpoint, for a login by token
 */
export function smtpProvider(
  settings: SmtpProvider,
  openSecret: (sealed: string) => string,
  outbound: Outbound | undefined,
  reach?: LoginReach,
): Provider {
  const { smtp, concurrency } = settings;
  const login = openLogin(smtp.auth, openSecret, reach);
  const options = poolOptions(smtp, concurrency, login.options);
  const { connectionTimeout } = options;
  const getSocket = login.before(outbound && guardedSocket(outbound, smtp, connectionTimeout));
  const pool = new SMTPPool({ ...options, ...(getSocket && { getSocket }) }) as unknown as Pool;
  return {
    id: settings.id,
    kind: "smtp",
    keepsBytes: true,
    send: (attempt) => sendEach(pool, attempt),
    close: () => {
      pool.close();
      login.close();
    },
  };
}

/**
 * A transaction for all recipients, or one for each where each has its own return path. Of those, one
 * whose body could not be read was not sent; it is an error only when none was.
 */
async function sendEach(pool: Pool, attempt: Attempt): Promise<Outcome[]> {
  const { returnPath, recipients } = attempt;
  if (returnPath === undefined) return sendOver(pool, attempt);
  const each = recipients.map((one) => {
    const dsn = { ...REPORTS, ...(isAscii(one) && { recipient: one }) };
    return sendOver(pool, { ...attempt, from: returnPath(one), recipients: [one] }, dsn);
  });
  const ends = await Promise.allSettled(each);
  const failed = ends.find((one) => one.status === "rejected");
  if (failed !== undefined && ends.every((one) => one.status === "rejected")) throw failed.reason;
  return ends.flatMap((one, at) =>
    one.status === "fulfilled" ? one.value : unread(recipients[at]),
  );
}

const unread = (recipient = ""): Outcome[] => [
  { recipient, class: "retry", category: "other", response: "the message could not be read" },
];

// oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
const isAscii = (address: string): boolean => /^[\x00-\x7F]*$/.test(address);

function sendOver(pool: Pool, attempt: Attempt, dsn?: Dsn): Promise<Outcome[]> {
  const to = [...attempt.recipients];
  let body: Readable | undefined;
  const message = {
    getEnvelope: () => ({
      from: attempt.from,
      to: [...to],
      size: attempt.size,
      use8BitMime: true,
      ...(dsn && { dsn }),
    }),
    messageId: () => attempt.messageId,
    getHeader: () => "",
    createReadStream: () => (body = attempt.body()),
  };
  return new Promise((resolve, reject) => {
    pool.send({ data: {}, message }, (error, sent) => {
      const wasWritten = body?.readableEnded === true;
      if (error?.code === "ESTREAM") reject(error);
      else if (error !== null) resolve(to.map((one) => outcomeOf(one, error, wasWritten)));
      else if (sent !== undefined) resolve(to.map((one) => outcomeIn(one, sent)));
    });
  });
}

function outcomeIn(recipient: string, sent: Sent): Outcome {
  const own = sent.rejectedErrors?.find((one) => one.recipient === recipient);
  return own === undefined ? accepted(recipient, sent) : refused(recipient, own);
}
