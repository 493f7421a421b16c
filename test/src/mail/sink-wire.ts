import type { Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import { DataReader } from "./data-reader.ts";

const EMPTY = Buffer.alloc(0);

interface DataPhase {
  readonly reader: DataReader;
  readonly done: (content: Buffer) => void;
}

/** The bytes of one session: lines and DATA in, and the replies of a batch out in one write. */
export class SinkWire {
  /** Called with each line outside DATA, without its line end. */
  onLine: (line: string) => void;
  /** The port that the client speaks from. */
  readonly port: number;
  #socket: Socket;
  #input: Buffer = EMPTY;
  #replies = "";
  #held = false;
  #data: DataPhase | undefined;

  constructor(socket: Socket, onLine: (line: string) => void) {
    this.onLine = onLine;
    this.port = socket.remotePort ?? 0;
    this.#socket = this.#attach(socket);
  }

  get secured(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  say(line: string): void {
    this.#replies += `${line}\r\n`;
  }

  flush(): void {
    if (this.#replies !== "") this.#socket.write(this.#replies);
    this.#replies = "";
  }

  /** Takes the input as DATA from here to its end, still dot-stuffed; keeps its first bytes. */
  readData(keep: number, done: (content: Buffer) => void): void {
    this.#data = { reader: new DataReader(keep), done };
  }

  /** Takes no more input, for ever; or for `ms`, and then goes on with `resume`. */
  hold(ms?: number, resume: () => void = () => undefined): void {
    this.#held = true;
    if (ms === undefined) return;
    setTimeout(() => {
      this.#held = false;
      resume();
      this.#drain();
    }, ms);
  }

  /** Sends what was said, then closes. */
  close(): void {
    this.#held = true;
    this.flush();
    this.#socket.destroySoon();
  }

  /** The server side of a TLS handshake; what was pipelined before it is void (RFC 3207, 5). */
  startTls(secureContext: SecureContext): void {
    this.flush();
    this.#input = EMPTY;
    this.#socket.removeAllListeners("data");
    this.#socket = this.#attach(new TLSSocket(this.#socket, { isServer: true, secureContext }));
  }

  #attach(socket: Socket): Socket {
    return socket
      .setNoDelay(true)
      .on("data", (chunk: Buffer) => this.#read(chunk))
      .on("error", () => socket.destroy());
  }

  #read(chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    this.#drain();
  }

  #drain(): void {
    while (!this.#held && this.#input.length > 0) {
      if (!(this.#data ? this.#takeData(this.#data) : this.#takeLine())) break;
    }
    this.flush();
  }

  #takeLine(): boolean {
    const end = this.#input.indexOf("\n");
    if (end < 0) return false;
    const line = this.#input.toString("utf8", 0, end).replace(/\r$/, "");
    this.#input = this.#input.subarray(end + 1);
    this.onLine(line);
    return true;
  }

  #takeData({ reader, done }: DataPhase): boolean {
    const end = reader.push(this.#input);
    this.#input = end?.rest ?? EMPTY;
    if (!end) return false;
    this.#data = undefined;
    done(end.content);
    return true;
  }
}
