const CRLF = Buffer.from("\r\n");
const END_OF_DATA = "\r\n.\r\n";

/** What a complete DATA phase was made of, still dot-stuffed, and the bytes that follow it. */
export interface DataEnd {
  readonly content: Buffer;
  readonly rest: Buffer;
}

/** Finds the end of DATA in a stream of chunks (RFC 5321, 4.1.1.4); only CRLF.CRLF ends it. */
export class DataReader {
  readonly #keep: number;
  #chunks: Buffer[] = [];
  #kept = 0;
  #size = 0;
  #tail: Buffer = CRLF;

  /** Keeps about the first `keep` bytes of the content; the rest is only counted past. */
  constructor(keep = Infinity) {
    this.#keep = keep;
  }

  push(chunk: Buffer): DataEnd | undefined {
    const window = Buffer.concat([this.#tail, chunk]);
    const at = window.indexOf(END_OF_DATA);
    const before = this.#size - this.#tail.length;
    this.#store(chunk);
    if (at < 0) return void (this.#tail = window.subarray(1 - END_OF_DATA.length));
    const size = Math.min(Math.max(0, before + at + CRLF.length), this.#kept);
    const rest = window.subarray(at + END_OF_DATA.length);
    return { content: Buffer.concat(this.#chunks, size), rest };
  }

  #store(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#kept >= this.#keep) return;
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
  }
}

/** The message itself: the dot that transparency put before a leading dot taken away again. */
export function unstuff(content: Buffer): Buffer {
  const text = content.toString("latin1");
  return Buffer.from(text.replace(/(^|\r\n)\./g, "$1"), "latin1");
}
