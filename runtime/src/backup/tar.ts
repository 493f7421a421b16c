/** Octets of a block. */
const BLOCK = 512;

/** A file of an archive. `changed` is in milliseconds since 1970, of which seconds are kept. */
export type TarFile = { name: string; size: number; changed: number };

const zeros = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** The end of an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;

/** The header of a file of mode 0600 (POSIX.1-1988, ustar); its name has 100 octets at most. */
function headerOf({ name, size, changed }: TarFile): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  header.write(octal(0o600, 8) + octal(0, 8) + octal(0, 8), 100, "latin1");
  header.write(octal(size, 12) + octal(Math.floor(changed / 1000), 12), 124, "latin1");
  header.write("        0", 148, "latin1");
  header.write("ustar\u{0}00", 257, "latin1");
  const sum = header.reduce((all, octet) => all + octet, 0);
  header.write(`${octal(sum, 7)} `, 148, "latin1");
  return header;
}

/** A file with its header, as it stands in an archive; `bytes` has as many octets as `size` says. */
export async function* packed(
  file: TarFile,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield headerOf(file);
  yield* bytes;
  yield zeros(file.size);
}

const numberAt = (header: Buffer, at: number): number =>
  Number.parseInt(header.toString("latin1", at, at + 11), 8);

const fileOf = (header: Buffer): TarFile => ({
  name: header.toString("latin1", 0, header.indexOf(0)),
  size: numberAt(header, 124),
  changed: numberAt(header, 136) * 1000,
});

/** Reads so many octets at a time as are asked for, out of chunks of any size. */
class Octets {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async *take(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0;) {
      if (this.#held.length === 0) this.#held = await this.#next();
      const taken = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(taken.length);
      left -= taken.length;
      yield taken;
    }
  }

  async #next(): Promise<Uint8Array> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new Error("the archive is cut off");
    return next.value;
  }

  readonly whole = async (size: number): Promise<Buffer> =>
    Buffer.concat(await Array.fromAsync(this.take(size)));
}

/** Gives each file of an archive to `each`, which reads all of its bytes. */
export async function unpack(
  chunks: AsyncIterable<Uint8Array>,
  each: (file: TarFile, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const octets = new Octets(chunks);
  for (;;) {
    const header = await octets.whole(BLOCK);
    if (header[0] === 0) return;
    const file = fileOf(header);
    await each(file, octets.take(file.size));
    await octets.whole(zeros(file.size).length);
  }
}
