/** A field of a header section: its name in lower case, and its lines as they came. */
export type Field = { name: string; lines: Buffer[] };

const [LF, SPACE, TAB] = [0x0a, 0x20, 0x09];
const CRLF = Buffer.from("\r\n");
const NOTHING: Buffer = Buffer.alloc(0);
/** `field-name ":"` (RFC 5322 2.2), with the space before the colon of the obsolete syntax (4.5). */
const NAME = /^([!-9;-~]+)[ \t]*$/;

function nameOf(line: Buffer): string | undefined {
  const colon = line.indexOf(":");
  return colon < 1 ? undefined : NAME.exec(line.toString("latin1", 0, colon))?.[1]?.toLowerCase();
}

/**
 * Takes the header section off the front of a message that comes in chunks. It ends at the first
 * empty line (RFC 5322 2.1), or before the first line that is neither a field nor the continuation
 * of one: that line begins the body. So a message without any field is all body, and what follows a
 * stray line cannot act as a header further on.
 */
export class HeaderReader {
  readonly fields: Field[] = [];
  /** Octets of the header section so far, with the part of a line that may belong to it. */
  size = 0;
  /** The line that ended the section, unless it was the empty one. */
  stray: string | undefined;
  #partial = NOTHING;

  /** @returns undefined while the section goes on; what follows it, without the empty line, at its end. */
  push(chunk: Buffer): Buffer | undefined {
    const held = this.#partial.length;
    const data = held === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    this.size += chunk.length;
    let from = 0;
    for (let end = data.indexOf(LF) + 1; end > 0; end = data.indexOf(LF, from) + 1) {
      const line = data.subarray(from, end);
      if (!this.#take(line)) {
        if (!line.equals(CRLF)) this.stray = line.toString("latin1").trimEnd();
        return this.#end(data.subarray(line.equals(CRLF) ? end : from), data.length - from);
      }
      from = end;
    }
    this.#partial = data.subarray(from);
    return undefined;
  }

  /** The message ended: what was left over of a last line is body. */
  flush(): Buffer {
    return this.#end(this.#partial, this.#partial.length);
  }

  #end(rest: Buffer, outside: number): Buffer {
    this.size -= outside;
    this.#partial = NOTHING;
    return rest;
  }

  /** Whether a line belongs to the section. */
  #take(line: Buffer): boolean {
    const field = this.fields.at(-1);
    const continues = line[0] === SPACE || line[0] === TAB;
    const name = continues ? undefined : nameOf(line);
    if (name !== undefined) this.fields.push({ name, lines: [line] });
    else if (continues) field?.lines.push(line);
    return name !== undefined || (continues && field !== undefined);
  }
}
