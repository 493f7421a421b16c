import { formatReply, type Reply } from "./reply-parser.ts";
import { connectSmtp, type SmtpClient } from "./smtp-client.ts";

/** How a session with the server under test begins and how it talks. */
export interface SessionOptions {
  readonly host?: string;
  readonly port: number;
  /** STARTTLS is required to succeed; any certificate is trusted. */
  readonly starttls?: boolean;
  readonly implicitTls?: boolean;
  /** AUTH PLAIN. */
  readonly auth?: { readonly user: string; readonly pass: string };
  /** RFC 2920, when the server offers it (true). */
  readonly pipelining?: boolean;
  /** A connection silent for so long is given up, in milliseconds (60,000). */
  readonly timeoutMs?: number;
  /** Drops the connection. */
  readonly signal?: AbortSignal;
}

export interface Submission {
  readonly from: string;
  readonly to: readonly string[];
  /** Dot-stuffed, ending in CRLF, without the final dot. */
  readonly content: string;
}

/** The server answered, and not with what was needed to begin. */
export class SessionRefused extends Error {
  override readonly name = "SessionRefused";
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(formatReply(reply));
    this.reply = reply;
  }
}

/** Greeting, EHLO, and STARTTLS and AUTH where asked for. */
export async function openSession(options: SessionOptions): Promise<SubmitSession> {
  const { implicitTls = false, timeoutMs = 60_000, ...rest } = options;
  const client = await connectSmtp({ ...rest, tls: implicitTls, timeoutMs });
  try {
    return await begin(client, options);
  } catch (error) {
    client.destroy();
    throw error;
  }
}

async function begin(client: SmtpClient, options: SessionOptions): Promise<SubmitSession> {
  const { auth, starttls, pipelining = true } = options;
  const ask = async (line: string): Promise<Reply> => {
    client.write(`${line}\r\n`);
    return expectSuccess(await client.reply());
  };
  expectSuccess(await client.reply());
  let ehlo = await ask("EHLO submitter.test");
  if (starttls) {
    await ask("STARTTLS");
    await client.upgrade();
    ehlo = await ask("EHLO submitter.test");
  }
  if (auth)
    await ask(`AUTH PLAIN ${Buffer.from(`\0${auth.user}\0${auth.pass}`).toString("base64")}`);
  return new SubmitSession(client, pipelining && ehlo.lines.includes("PIPELINING"));
}

function expectSuccess(reply: Reply): Reply {
  if (reply.code >= 400) throw new SessionRefused(reply);
  return reply;
}

/** One open connection, one transaction at a time. */
export class SubmitSession {
  readonly #client: SmtpClient;
  readonly #pipelining: boolean;

  constructor(client: SmtpClient, pipelining: boolean) {
    this.#client = client;
    this.#pipelining = pipelining;
  }

  /** False once the connection is lost, or the server has said 421. */
  get open(): boolean {
    return !this.#client.lost;
  }

  /**
   * The reply that settled the transaction: to the final dot, or the refusal that came first. A
   * mail may be taken for some recipients only. Rejects with ConnectionLost.
   */
  async send(mail: Submission): Promise<Reply> {
    const recipients = mail.to.map((address) => `RCPT TO:<${address}>\r\n`);
    const replies = await this.#ask([`MAIL FROM:<${mail.from}>\r\n`, ...recipients, "DATA\r\n"]);
    const refused = replies.filter(({ code }) => code >= 400);
    const go = replies.at(-1)?.code === 354;
    const [refusal] = refused;
    if (refusal && !(go && refused.length < recipients.length)) return this.#abandon(refusal, go);
    this.#client.write(`${mail.content}.\r\n`);
    return this.#reply();
  }

  async quit(): Promise<void> {
    await this.#ask(["QUIT\r\n"]).catch(() => undefined);
    this.#client.destroy();
  }

  /** Ends a refused transaction; a server may have said 354 without any recipient (RFC 2920, 3.1). */
  async #abandon(refusal: Reply, go: boolean): Promise<Reply> {
    await this.#ask([...(go ? [".\r\n"] : []), "RSET\r\n"]).catch(() => undefined);
    return refusal;
  }

  /** The reply to each command, up to a 421. */
  async #ask(commands: string[]): Promise<Reply[]> {
    const replies: Reply[] = [];
    if (this.#pipelining) this.#client.write(commands.join(""));
    for (const command of commands) {
      if (!this.#pipelining) this.#client.write(command);
      const reply = await this.#reply();
      replies.push(reply);
      if (reply.code === 421) break;
    }
    return replies;
  }

  async #reply(): Promise<Reply> {
    const reply = await this.#client.reply();
    if (reply.code === 421) this.#client.destroy();
    return reply;
  }
}
