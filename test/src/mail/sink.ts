import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import type { Credentials } from "./sink-auth.ts";
import { type Duplicate, type MailCount, type RawMail, SinkLedger } from "./sink-ledger.ts";
import { countedPolicy, type ReplyPolicy } from "./sink-policy.ts";
import { SinkSession } from "./sink-session.ts";
import type { SessionSettings } from "./sink-transaction.ts";

export interface SinkOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** `ids` (default) counts by X-Test-Id; `raw` keeps each message as well. */
  readonly keep?: "ids" | "raw";
  readonly reply?: ReplyPolicy;
  /** How long each answer to the final dot takes, in milliseconds; the mail counts at once. */
  readonly delayMs?: number;
  /** STARTTLS, or TLS from the first byte. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly implicit?: boolean };
  /** What clients must log in with (PLAIN or LOGIN) before MAIL. */
  readonly auth?: Credentials;
}

/** Starts a counting SMTP server on loopback: where mail of a test ends. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const sink = new Sink(options);
  await sink.resume();
  return sink;
}

export class Sink {
  readonly #options: SinkOptions;
  readonly #ledger = new SinkLedger();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port: number;
  /** Connections ever opened, and the most at one time. */
  connections = 0;
  peakConnections = 0;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    const settings = sessionSettings(options, this.#ledger);
    const serve = (socket: Socket): void => void new SinkSession(socket, settings);
    const { tls } = options;
    this.#server = tls?.implicit ? createTlsServer(tls, serve) : createServer(serve);
    this.#server.on("connection", (socket: Socket) => this.#track(socket));
  }

  get port(): number {
    return this.#port;
  }

  /** `smtp[s]://[user:pass@]127.0.0.1:port` */
  get url(): string {
    const { tls, auth } = this.#options;
    const login = auth ? `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.pass)}@` : "";
    return `smtp${tls?.implicit ? "s" : ""}://${login}127.0.0.1:${this.#port}`;
  }

  /** Accepted messages by X-Test-Id. */
  get mails(): ReadonlyMap<string, MailCount> {
    return this.#ledger.mails;
  }

  /** Accepted messages in order, with `keep: "raw"`. */
  get raws(): readonly RawMail[] {
    return this.#ledger.raws;
  }

  /** Messages answered with 250. */
  get received(): number {
    return this.#ledger.received;
  }

  /** Messages read to the final dot and, by policy, never answered. */
  get dropped(): number {
    return this.#ledger.dropped;
  }

  /** When the last message was accepted, in milliseconds since the epoch. */
  get lastAt(): number | undefined {
    return this.#ledger.lastAt;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Recipients that got the same message more than once. */
  duplicates(): Duplicate[] {
    return this.#ledger.duplicates();
  }

  /** Resolves once the predicate holds; rejects with the counts when it does not in time. */
  async waitFor(predicate: (sink: Sink) => boolean, timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!predicate(this)) {
      if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${this.summary()}`);
      await sleep(5);
    }
  }

  /** The counts as one line of JSON. */
  summary(): string {
    const { received, dropped, connections, openConnections, peakConnections, lastAt } = this;
    const mails = this.mails.size;
    const duplicates = this.duplicates().length;
    const counts = { received, mails, duplicates, dropped, lastAt };
    return JSON.stringify({ ...counts, connections, openConnections, peakConnections });
  }

  /** Goes away as a host does: refuses new connections and drops the open ones. */
  async pause(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Listens again, on the same port. */
  async resume(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address && typeof address === "object") this.#port = address.port;
  }

  /** Drops every connection and frees the port. */
  stop(): Promise<void> {
    return this.pause();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    this.connections += 1;
    this.peakConnections = Math.max(this.peakConnections, this.#sockets.size);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

function sessionSettings(options: SinkOptions, ledger: SinkLedger): SessionSettings {
  const { reply, keep, delayMs = 0, tls, auth } = options;
  const policy = reply && countedPolicy(reply);
  const secureContext = tls && createSecureContext(tls);
  return { ledger, policy, keepRaw: keep === "raw", delayMs, secureContext, auth };
}
