import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../relay/free-port.ts";

/** A way over TCP to a port of loopback, which can be cut as a network is. */
export class Road {
  readonly port: number;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isCut = false;

  constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
  }

  /** Lets connections in. */
  async open(): Promise<this> {
    this.#server = createServer((socket) => this.#join(socket)).listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  /** Nothing comes through any more, and nobody is told: open connections stay, and new ones are silent. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What was held back comes through. */
  heal(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Refuses new connections and drops those that are open. */
  async close(): Promise<void> {
    if (this.#server?.listening !== true) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(near: Socket): void {
    const far = connect(this.#target, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on("data", (data) => this.#pass(one, other, data));
      one.on("drain", () => !this.#isCut && other.resume());
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      if (this.#isCut) one.pause();
    }
  }

  #pass(from: Socket, to: Socket, data: Buffer): void {
    if (!to.write(data)) from.pause();
  }
}

/** An open road to a port, on a free port of its own unless it is given one. */
export const roadTo = async (target: number, port?: number): Promise<Road> =>
  new Road(port ?? (await freePort()), target).open();
