import { createHash } from "node:crypto";

/** The body of one call, and its SHA-256 in hexadecimal digits. */
export type CallBody = { body: Buffer; sha256: string };

const HEAD = '{"Content":{"Raw":{"Data":"';

/**
 * Octets for what follows the message: an address has 254 at most. Room that stays empty costs a small
 * message more, in garbage, than its signature.
 */
const roomFor = (recipients: number): number => 1024 + recipients * 260;

/** Text that is written into one buffer of about the right size, and hashed on the way. */
class Writer {
  readonly hash = createHash("sha256");
  #buffer: Buffer;
  #end = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  write(text: string): void {
    const more = Buffer.from(text);
    const free = this.#buffer.length - this.#end;
    if (free < more.length)
      this.#buffer = Buffer.concat([this.#buffer, Buffer.allocUnsafe(2 * more.length)]);
    this.#end += more.copy(this.#buffer, this.#end);
    this.hash.update(more);
  }

  /** All that was written and then this, which the next such end overwrites. */
  endedBy(text: string): CallBody {
    const more = Buffer.from(text);
    const sha256 = this.hash.copy().update(more).digest("hex");
    const all = this.#end + more.length;
    if (all > this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer, more]);
    more.copy(this.#buffer, this.#end);
    return { body: this.#buffer.subarray(0, all), sha256 };
  }
}

async function writeBase64(into: Writer, mail: AsyncIterable<Uint8Array>): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of mail) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    into.write(bytes.toString("base64", 0, whole));
    rest = bytes.subarray(whole);
  }
  into.write(rest.toString("base64"));
}

/**
 * Encodes a message once for any number of calls, one after the other: what differs between them
 * comes after it, and overwrites that of the call before. So a large message is in memory once.
 * @param size octets of the message
 * @param recipients of a call, at most
 * @throws what the message's stream throws
 */
export async function encodeRaw(
  mail: AsyncIterable<Uint8Array>,
  size: number,
  recipients: number,
): Promise<(rest: object) => CallBody> {
  const writer = new Writer(HEAD.length + 4 * Math.ceil(size / 3) + roomFor(recipients));
  writer.write(HEAD);
  await writeBase64(writer, mail);
  return (rest) => writer.endedBy(`"}},${JSON.stringify(rest).slice(1)}`);
}
