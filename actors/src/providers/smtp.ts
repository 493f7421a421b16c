import SMTPPool from "nodemailer/lib/smtp-pool";
import type { Outbound } from "@waybill/runtime/outbound";
import type { Outcome, SmtpProvider, SmtpSettings } from "@waybill/schemas";
import { guardedSocket } from "./guarded-socket.ts";
import type { Attempt, Provider } from "./provider.ts";
import { sendCarried } from "./smtp-carried.ts";
import { type LoginReach, openLogin } from "./smtp-login.ts";
import { following, LIMIT, type Limit, limited } from "./smtp-limit.ts";
import { type Dsn, type Pool, transact } from "./smtp-transaction.ts";
import { inTurns, unread } from "./smtp-turns.ts";

/** Milliseconds. The library's own defaults are minutes. */
const TIMEOUTS = { connect: 10_000, greeting: 15_000, socket: 120_000 };

/** Milliseconds after which an idle connection is closed. */
const IDLE = 30_000;

const REPORTS: Dsn = { return: "headers", notify: ["failure", "delay"] };

/** How a server is sent to, where it is not as usual. */
type Manner = {
  /** Of all transactions of an envelope. */
  limit?: Limit | undefined;
  /** What goes out to those whom a transaction is for. */
  dress?: Dress;
};

type Dress = (attempt: Attempt) => Attempt;

type Way = { pool: Pool; limit: Limit; dress: Dress };

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
  { limit = LIMIT, dress = (attempt) => attempt }: Manner = {},
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
    send: (attempt) => send({ pool, limit, dress }, attempt),
    close: () => {
      pool.close();
      login.close();
    },
  };
}

type ReturnPath = NonNullable<Attempt["returnPath"]>;

/** One envelope for all recipients, or one for each where each has its own return path. */
function send(over: Way, attempt: Attempt): Promise<Outcome[]> {
  const { returnPath, signal: outer } = attempt;
  if (returnPath === undefined) return sendOver(over, attempt);
  return following(outer, (signal) => sendEach(over, { ...attempt, signal }, returnPath));
}

/** A recipient whose body could not be read was not sent to; it is an error only when that is all of them. */
async function sendEach(over: Way, attempt: Attempt, returnPath: ReturnPath): Promise<Outcome[]> {
  const { recipients, tell } = attempt;
  const each = recipients.map(async (one) => {
    const dsn = { ...REPORTS, ...(isAscii(one) && { recipient: one }) };
    const to = { ...attempt, from: returnPath(one), recipients: [one] };
    const outcomes = await sendOver(over, to, dsn);
    tell?.(outcomes);
    return outcomes;
  });
  const ends = await Promise.allSettled(each);
  const failed = ends.find((one) => one.status === "rejected");
  if (failed !== undefined && ends.every((one) => one.status === "rejected")) throw failed.reason;
  return ends.flatMap((one, at) =>
    one.status === "fulfilled" ? one.value : unread(recipients[at] ?? ""),
  );
}

// oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
const isAscii = (address: string): boolean => /^[\x00-\x7F]*$/.test(address);

/** All transactions that an envelope takes have the time of one for all of its recipients. */
function sendInTime(way: Way, attempt: Attempt, dsn?: Dsn): Promise<Outcome[]> {
  const { end, ...time } = limited(attempt, way.limit);
  const sendTo = (recipients: readonly string[]) =>
    transact(way.pool, time, way.dress({ ...attempt, recipients }), dsn);
  return inTurns(attempt.recipients, sendTo, attempt.tell).finally(end);
}

const sendOver = (way: Way, attempt: Attempt, dsn?: Dsn): Promise<Outcome[]> =>
  sendCarried(attempt, (carried) => sendInTime(way, carried, dsn));
