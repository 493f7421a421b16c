import type { Socket } from "node:net";
import { type AuthExchange, type Credentials, startAuth } from "./sink-auth.ts";
import { type SessionSettings, SinkTransaction } from "./sink-transaction.ts";
import { SinkWire } from "./sink-wire.ts";

const EXTENSIONS = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 104857600"] as const;

/** One connection to the sink: RFC 5321 as far as a client needs it, answered as the policy says. */
export class SinkSession {
  readonly #settings: SessionSettings;
  readonly #wire: SinkWire;
  readonly #transaction: SinkTransaction;
  #authenticated: boolean;

  constructor(socket: Socket, settings: SessionSettings) {
    this.#settings = settings;
    this.#authenticated = settings.auth === undefined;
    this.#wire = new SinkWire(socket, (line) => this.#command(line));
    this.#transaction = new SinkTransaction(this.#wire, settings);
    this.#transaction.greet();
    this.#wire.flush();
  }

  #command(line: string): void {
    const [verb = "", argument = ""] = line.split(/ (.*)/, 2);
    switch (verb.toUpperCase()) {
      case "EHLO":
        return this.#ehlo();
      case "HELO":
        return this.#reset("250 sink.test");
      case "STARTTLS":
        return this.#startTls();
      case "AUTH":
        return this.#auth(argument);
      case "MAIL":
        return this.#mail(argument);
      case "RCPT":
        return this.#transaction.rcpt(argument);
      case "DATA":
        return this.#transaction.data();
      case "RSET":
        return this.#reset("250 2.0.0 Ok");
      case "NOOP":
        return this.#wire.say("250 2.0.0 Ok");
      case "QUIT":
        this.#wire.say("221 2.0.0 Bye");
        return this.#wire.close();
      default:
        return this.#wire.say("500 5.5.2 Unknown command");
    }
  }

  #ehlo(): void {
    const { secureContext, auth } = this.#settings;
    const offers: string[] = [...EXTENSIONS];
    if (secureContext && !this.#wire.secured) offers.push("STARTTLS");
    if (auth) offers.push("AUTH PLAIN LOGIN");
    this.#reset(["sink.test", ...offers].map((line) => `250-${line}`).join("\r\n"));
    this.#wire.say("250 ENHANCEDSTATUSCODES");
  }

  #startTls(): void {
    const { secureContext } = this.#settings;
    if (!secureContext || this.#wire.secured) return this.#wire.say("503 5.5.1 Not available");
    this.#reset("220 2.0.0 Go ahead");
    this.#wire.startTls(secureContext);
  }

  #auth(argument: string): void {
    const exchange = startAuth(argument);
    if (!exchange) return this.#wire.say("504 5.5.4 Unknown mechanism");
    this.#challenge(exchange, exchange.next());
  }

  #challenge(exchange: AuthExchange, step: IteratorResult<string, Credentials>): void {
    this.#wire.onLine = (line) => this.#command(line);
    if (step.done) return this.#admit(step.value);
    this.#wire.say(`334 ${step.value}`);
    this.#wire.onLine = (line) => this.#challenge(exchange, exchange.next(line));
  }

  #admit({ user, pass }: Credentials): void {
    const { auth } = this.#settings;
    this.#authenticated = user === auth?.user && pass === auth.pass;
    this.#wire.say(this.#authenticated ? "235 2.7.0 Welcome" : "535 5.7.8 Wrong credentials");
  }

  #mail(argument: string): void {
    if (this.#authenticated) this.#transaction.mail(argument);
    else this.#wire.say("530 5.7.0 Authentication required");
  }

  #reset(reply: string): void {
    this.#transaction.reset();
    this.#wire.say(reply);
  }
}
