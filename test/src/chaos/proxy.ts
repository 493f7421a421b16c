import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Who opened a connection, and from which port of theirs. */
export type Origin = { sender: number; port: number };

/** A TCP proxy on loopback between the relay and its next hop, which can be slow or reset what is open. */
export class Proxy {
  /** Milliseconds by which what the next hop says comes later. */
  delayMs = 0;
  /** Connections reset so far. */
  resets = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #origins = new Map<number, Origin>();
  readonly #sender: () => number;

  /** @param sender who opens the connections that come now */
  constructor(to: number, sender: () => number = () => 0) {
    this.#sender = sender;
    this.#server = createServer((socket) => this.#pass(socket, connect(to, "127.0.0.1")));
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Whose connection it is that the next hop sees come from a port of ours. */
  originOf(port: number): Origin {
    const origin = this.#origins.get(port);
    if (origin === undefined) throw new Error(`no connection was opened from port ${port}`);
    return origin;
  }

  /** RST on every connection to the relay. */
  reset(): void {
    this.resets += this.#open.size;
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.reset();
    await closed;
  }

  #pass(relay: Socket, hop: Socket): void {
    this.#open.add(relay);
    const origin = { sender: this.#sender(), port: relay.remotePort ?? 0 };
    hop.once("connect", () => this.#origins.set(hop.localPort ?? 0, origin));
    const inTurn = this.#queue();
    relay.setNoDelay(true).on("data", (data) => void hop.write(data));
    hop.setNoDelay(true).on("data", (data) => inTurn(() => relay.writable && relay.write(data)));
    hop.on("end", () => inTurn(() => relay.end()));
    relay.on("end", () => hop.end());
    for (const socket of [relay, hop]) socket.on("error", () => socket.destroy());
    hop.on("close", (hadError) => hadError && relay.destroy());
    relay.on("close", () => {
      this.#open.delete(relay);
      hop.destroy();
    });
  }

  /** Does one thing after another, each as late as it has to be: nothing overtakes what was slow. */
  #queue(): (action: () => void) => void {
    let last = Promise.resolve();
    return (action) => {
      const { delayMs } = this;
      last = last.then(() => (delayMs > 0 ? sleep(delayMs) : undefined)).then(action);
    };
  }
}
