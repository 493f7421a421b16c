import { once } from "node:events";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import type { SmtpSettings } from "@waybill/schemas";
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import { plainHost } from "./address.ts";
import type { Tokens } from "./oauth/tokens.ts";
import { XOAUTH2, xoauth2 } from "./oauth/xoauth2.ts";
import { OutboundError } from "./outbound-error.ts";
import type { Destination, Outbound } from "./outbound.ts";
import { SmtpFailure, smtpFailure } from "./smtp-failure.ts";

/** With XOAUTH2 the password is an access token. */
type Login = {
  method?: "PLAIN" | "LOGIN" | "XOAUTH2" | undefined;
  username: string;
  password: string;
};

/** An SMTP server and how mail would be handed to it. */
export type SmtpTarget = Pick<Destination, "host" | "port" | "isExempt"> &
  Pick<SmtpSettings, "tls" | "verify"> & { auth?: Login | undefined };

/** What came of it, in a sentence for people; the code is stable. */
export type Verdict =
  | { success: true; message: string }
  | { success: false; code: "unreachable" | SmtpFailure["code"]; message: string };

/** Milliseconds for all of it. */
const DEADLINE = 15_000;
/** Octets of one reply. */
const LONGEST_REPLY = 16 * 1024;

/** The one token there is. */
const only = (token: string): Pick<Tokens, "using"> => ({ using: (work) => work(token) });

const byToken = ({ username, password }: Login) => ({
  customAuth: { [XOAUTH2]: xoauth2(username, only(password)) },
});

const optionsOf = ({ host, port, tls, verify, auth }: SmtpTarget, connection: Socket) => ({
  ...(auth?.method === "XOAUTH2" && byToken(auth)),
  connection,
  host: plainHost(host),
  port,
  secure: tls === "implicit",
  secured: tls === "implicit",
  requireTLS: tls === "starttls",
  ignoreTLS: tls === "none",
  tls: { rejectUnauthorized: verify },
  maxResponseSize: LONGEST_REPLY,
  socketCloseTimeout: 1000,
  logger: false as const,
});

/** Rejects when the session ends before we end it. */
async function brokenBy(connection: SMTPConnection, signal: AbortSignal): Promise<never> {
  connection.on("error", () => undefined);
  const late = once(signal, "abort").then(() => new Error("the time is over"));
  const ended = once(connection, "end").then(() => new Error("closed"));
  throw await Promise.race([late, ended]);
}

/** Greeting, EHLO, TLS, AUTH, QUIT. */
async function converse(connection: SMTPConnection, auth: Login | undefined): Promise<void> {
  await promisify(connection.connect.bind(connection))();
  if (auth !== undefined) await logIn(connection, auth);
  connection.quit();
}

async function logIn(connection: SMTPConnection, login: Login): Promise<void> {
  if (!connection.allowsAuth) throw new SmtpFailure("auth", "the server offers no login");
  const { username: user, password: pass } = login;
  const credentials = { user, pass };
  const method = login.method === "XOAUTH2" ? XOAUTH2 : login.method;
  await promisify(connection.login.bind(connection))({ method, user, credentials });
}

/** The library is loaded by the first who needs it: most processes never do. */
async function openConnection(target: SmtpTarget, socket: Socket): Promise<SMTPConnection> {
  const { default: Connection } = await import("nodemailer/lib/smtp-connection");
  return new Connection(optionsOf(target, socket));
}

async function session(socket: Socket, target: SmtpTarget, signal: AbortSignal): Promise<void> {
  const connection = await openConnection(target, socket);
  try {
    await Promise.race([brokenBy(connection, signal), converse(connection, target.auth)]);
  } catch (error) {
    if (error instanceof SmtpFailure) throw error;
    throw smtpFailure(error as Error, connection, target.auth);
  } finally {
    connection.close();
  }
}

/**
 * Tries an SMTP server as far as mail would go: connection, greeting, TLS, login, and no mail. It
 * takes 15 s at most. The server's own words are passed on only once it was reached, one line of 200
 * characters, without the password.
 */
export async function verifySmtp(
  outbound: Outbound,
  target: SmtpTarget,
  deadline = DEADLINE,
): Promise<Verdict> {
  const { host, port, isExempt = false, tls, verify, auth } = target;
  const signal = AbortSignal.timeout(deadline);
  const secure = tls === "implicit" ? { tls: { verify } } : {};
  try {
    const socket = await outbound.connect({ host, port, isExempt, signal, ...secure });
    await session(socket, target, signal);
    const end = auth === undefined ? "" : " and accepts the login";
    return { success: true, message: `the server answers${end}` };
  } catch (error) {
    return verdictOf(error);
  }
}

/** @throws what nobody foresaw */
function verdictOf(error: unknown): Verdict {
  if (error instanceof SmtpFailure)
    return { success: false, code: error.code, message: error.message };
  if (!(error instanceof OutboundError)) throw error;
  const code = error.kind === "tls" ? "tls" : "unreachable";
  return { success: false, code, message: error.message };
}
