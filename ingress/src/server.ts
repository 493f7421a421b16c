import type { Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Connection } from "./connection.ts";
import type { Door } from "./door.ts";
import { listen, portOf } from "./listener.ts";
import { metrics } from "./metrics.ts";
import { reply, words, type Reply } from "./replies.ts";
import { makeSmtp, type Smtp } from "./smtp.ts";
import { MIN_VERSION, type Certificate } from "./tls.ts";

/** Milliseconds: for a TLS handshake; for transactions at a drain; for clients to close after a 421. */
const PATIENCE = { handshake: 30_000, transaction: 8000, goodbye: 1000, look: 20 };

/** The address of a socket's other end; one that is gone already has none. */
const remoteAddress = (socket: Socket): string => socket.remoteAddress ?? "";

/** A port: what it does with a socket, and `released` calls back at the end of its session, if it has one. */
type Entrance = Smtp & { enter: (socket: Socket, address: string, released: () => void) => void };

/** The submission ports: sockets in, sessions of smtp-server behind them. */
export class SubmissionServer {
  readonly #door: Door;
  readonly #addressOf: (socket: Socket) => string;
  readonly #listeners: Server[] = [];
  readonly #entrances: Entrance[] = [];
  readonly #sockets = new Set<Socket>();

  /** @param addressOf the address a client is known by: of its socket, by default. */
  constructor(door: Door, addressOf = remoteAddress) {
    this.#door = door;
    this.#addressOf = addressOf;
  }

  /** Listens with STARTTLS, if there is a certificate. @returns the port. @throws StartError */
  listenSmtp(port: number, certificate: Certificate | undefined): Promise<number> {
    const smtp = makeSmtp({ door: this.#door, implicitTls: false, certificate });
    const enter: Entrance["enter"] = (socket, address, released) =>
      smtp.open(socket, address).once("closed", released);
    return this.#listen({ port, variable: "WAYBILL_SMTP_PORT" }, { ...smtp, enter });
  }

  /** Listens with TLS from the first byte (RFC 8314). @returns the port. @throws StartError */
  listenSmtps(port: number, certificate: Certificate): Promise<number> {
    const smtp = makeSmtp({ door: this.#door, implicitTls: true, certificate });
    const options = {
      ...certificate,
      minVersion: MIN_VERSION,
      handshakeTimeout: PATIENCE.handshake,
    };
    const tls = createTlsServer(options, (socket) => smtp.open(socket, this.#addressOf(socket)));
    tls.on("tlsClientError", (error) =>
      this.#door.log.debug({ err: error }, "TLS handshake failed"),
    );
    const renew = (next: Certificate): void => {
      smtp.renew(next);
      tls.setSecureContext({ ...options, ...next });
    };
    const enter = (socket: Socket): unknown => tls.emit("connection", socket);
    return this.#listen({ port, variable: "WAYBILL_SMTPS_PORT" }, { ...smtp, renew, enter });
  }

  /** Takes another certificate for the handshakes to come. */
  renew(certificate: Certificate): void {
    for (const entrance of this.#entrances) entrance.renew(certificate);
  }

  async #listen(place: { port: number; variable: string }, entrance: Entrance): Promise<number> {
    const { WAYBILL_HOST: host, WAYBILL_SMTP_REUSE_PORT: reusePort } = this.#door.config;
    const speaksFirst = place.variable === "WAYBILL_SMTP_PORT";
    const server = await listen({ host, reusePort, ...place }, (socket) => {
      this.#take(socket, entrance, speaksFirst);
    });
    this.#listeners.push(server);
    this.#entrances.push(entrance);
    return portOf(server);
  }

  #take(socket: Socket, entrance: Entrance, speaksFirst: boolean): void {
    const address = this.#addressOf(socket);
    const refusal = this.#door.limits.enter(address);
    if (refusal !== undefined) return this.#turnAway(socket, refusal, speaksFirst);
    this.#sockets.add(socket);
    metrics.opened();
    const released = (): void => {
      if (!this.#sockets.delete(socket)) return;
      this.#door.limits.leave(address);
      metrics.closed();
    };
    socket.once("close", released);
    entrance.enter(socket, address, released);
  }

  /** Before a TLS handshake nothing can be said that the client would read. */
  #turnAway(socket: Socket, refusal: Reply, speaksFirst: boolean): void {
    const client = this.#addressOf(socket);
    this.#door.log.info({ client, code: refusal.code, reply: words(refusal) }, "refused");
    metrics.refused(refusal.code);
    socket.on("error", () => undefined);
    if (!speaksFirst) return void socket.destroy();
    socket.end(`${refusal.code} ${words(refusal)}\r\n`);
    socket.resume();
    setTimeout(() => socket.destroy(), PATIENCE.goodbye).unref();
  }

  /**
   * Stops listening, tells idle clients to go (421), lets open transactions end for up to 8 s, and
   * resolves when all is closed.
   */
  async drain(): Promise<void> {
    this.#door.draining = true;
    for (const listener of this.#listeners) listener.close();
    const working = (): boolean => this.#connections().some((one) => one.inTransaction);
    await this.#hangUp(PATIENCE.transaction, working, (one) => !one.inTransaction);
    await this.#hangUp(
      PATIENCE.goodbye,
      () => this.#sockets.size > 0,
      () => true,
    );
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Hangs up whoever may go, again and again for so many milliseconds while it is needed. */
  async #hangUp(
    ms: number,
    needed: () => boolean,
    mayGo: (connection: Connection) => boolean,
  ): Promise<void> {
    const end = Date.now() + ms;
    do {
      for (const one of this.#connections()) if (mayGo(one)) one.hangUp(reply("shuttingDown"));
      await new Promise((resolve) => setTimeout(resolve, PATIENCE.look));
    } while (needed() && Date.now() < end);
  }

  #connections(): Connection[] {
    return this.#entrances.flatMap(({ connections }) => [...connections]);
  }
}
