import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { type Reply, ReplyParser } from "./reply-parser.ts";

export interface ConnectOptions {
  readonly host?: string;
  readonly port: number;
  /** Implicit TLS (RFC 8314). `true` trusts any certificate. */
  readonly tls?: boolean | ConnectionOptions;
  /** Gives the connection up when it is silent for so long, in milliseconds; 0 never does. */
  readonly timeoutMs?: number;
  /** Drops the connection. */
  readonly signal?: AbortSignal;
}

/** The connection ended, by whichever side, before the awaited reply came. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** Opens a connection; the server's greeting is its first reply. Rejects when nobody listens. */
export async function connectSmtp(options: ConnectOptions): Promise<SmtpClient> {
  const { host = "127.0.0.1", tls = false, timeoutMs = 0, ...rest } = options;
  const peer = { host, ...rest };
  const socket = tls ? connectTls({ ...peer, ...trust(tls) }) : connect(peer);
  const client = new SmtpClient(socket, timeoutMs);
  await once(socket, tls ? "secureConnect" : "connect");
  return client;
}

/** Bytes out, replies in: no knowledge of verbs, no timeouts. */
export class SmtpClient {
  readonly #timeoutMs: number;
  #socket: Socket;
  #parser = new ReplyParser();
  #replies: Reply[] = [];
  #waiting: PromiseWithResolvers<Reply> | undefined;
  #lost: Error | undefined;
  readonly #closed = Promise.withResolvers<void>();

  constructor(socket: Socket, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#socket = this.#attach(socket);
  }

  /** Resolves when the connection is gone; never rejects. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** True when no further reply will come. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  write(data: string | Uint8Array): void {
    if (!this.#lost) this.#socket.write(data);
  }

  /** The next reply, one caller at a time. Rejects with {@link ConnectionLost} when none will come. */
  reply(): Promise<Reply> {
    const reply = this.#replies.shift();
    if (reply) return Promise.resolve(reply);
    if (this.#lost) return Promise.reject(this.#lost);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** The TLS handshake after STARTTLS was granted (RFC 3207). */
  async upgrade(tls: boolean | ConnectionOptions = true): Promise<void> {
    this.#socket.setTimeout(0).removeAllListeners("data");
    const secured = connectTls({ socket: this.#socket, ...trust(tls) });
    this.#socket = this.#attach(secured);
    await once(secured, "secureConnect");
  }

  /** Drops the connection without QUIT. */
  destroy(cause = new ConnectionLost("closed by the client")): void {
    this.#lose(cause);
    this.#socket.destroy();
  }

  #attach(socket: Socket): Socket {
    socket.setNoDelay(true);
    socket.setTimeout(this.#timeoutMs, () => this.destroy(new ConnectionLost("silent too long")));
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#lose(new ConnectionLost(error.message)));
    socket.on("end", () => this.#lose(new ConnectionLost("closed by the server")));
    return socket.on("close", () => {
      this.#lose(new ConnectionLost("closed"));
      this.#closed.resolve();
    });
  }

  #receive(chunk: Buffer): void {
    try {
      for (const reply of this.#parser.push(chunk.toString())) this.#hand(reply);
    } catch (error) {
      this.destroy(new ConnectionLost("the server does not speak SMTP", { cause: error }));
    }
  }

  #hand(reply: Reply): void {
    if (!this.#waiting) return void this.#replies.push(reply);
    this.#waiting.resolve(reply);
    this.#waiting = undefined;
  }

  #lose(cause: Error): void {
    this.#lost ??= cause;
    this.#waiting?.reject(this.#lost);
    this.#waiting = undefined;
  }
}

function trust(tls: boolean | ConnectionOptions): ConnectionOptions {
  return typeof tls === "object" ? tls : { rejectUnauthorized: false };
}
