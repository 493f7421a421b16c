import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { formatReply, type Reply } from "./reply-parser.ts";
import { connectSmtp, type SmtpClient } from "./smtp-client.ts";

export interface DialogueOptions {
  readonly host?: string;
  /** Implicit TLS; `true` trusts any certificate. */
  readonly tls?: boolean | ConnectionOptions;
  /** How long each reply may take, in milliseconds (5,000). */
  readonly timeoutMs?: number;
}

/**
 * Opens a scripted SMTP conversation for protocol tests. Nothing is read ahead: the greeting is
 * the first {@link Dialogue.reply}.
 */
export async function openDialogue(port: number, options: DialogueOptions = {}): Promise<Dialogue> {
  const { timeoutMs = 5_000, ...rest } = options;
  return new Dialogue(await connectSmtp({ port, ...rest }), timeoutMs);
}

/** One conversation, line by line. Every failure carries the transcript so far. */
export class Dialogue {
  readonly #client: SmtpClient;
  readonly #timeoutMs: number;
  readonly #transcript: string[] = [];

  constructor(client: SmtpClient, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when the server has closed; rejects when it has not within the timeout. */
  get closed(): Promise<void> {
    return this.#within("the server to close", this.#client.closed);
  }

  /** The conversation so far, `C: ` and `S: ` lines. */
  get transcript(): string {
    return this.#transcript.join("\n");
  }

  /** Sends one line, CRLF added. */
  send(line: string): void {
    this.sendRaw(`${line}\r\n`);
  }

  /** Sends exactly these bytes. */
  sendRaw(data: string | Buffer): void {
    this.#transcript.push(`C: ${JSON.stringify(data.toString("latin1"))}`);
    this.#client.write(data);
  }

  async reply(): Promise<Reply> {
    const reply = await this.#within("a reply", this.#client.reply());
    this.#transcript.push(`S: ${formatReply(reply)}`);
    return reply;
  }

  /** Sends one line and awaits its reply. */
  async ask(line: string): Promise<Reply> {
    this.send(line);
    return this.reply();
  }

  ehlo(name = "client.test"): Promise<Reply> {
    return this.ask(`EHLO ${name}`);
  }

  /** STARTTLS and, when it is granted, the handshake; returns the reply to STARTTLS. */
  async startTls(tls?: ConnectionOptions): Promise<Reply> {
    const reply = await this.ask("STARTTLS");
    if (reply.code === 220) await this.#within("the handshake", this.#client.upgrade(tls));
    return reply;
  }

  /** Drops the connection. */
  async close(): Promise<void> {
    this.#client.destroy();
    await this.#client.closed;
  }

  async #within<T>(what: string, work: Promise<T>): Promise<T> {
    const timer = new AbortController();
    const expiry = sleep(this.#timeoutMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`nothing after ${this.#timeoutMs} ms`);
    });
    try {
      return await Promise.race([work, expiry]);
    } catch (error) {
      const message = `${String(error)} while waiting for ${what}:\n${this.transcript}`;
      throw new Error(message, { cause: error });
    } finally {
      timer.abort();
    }
  }
}
