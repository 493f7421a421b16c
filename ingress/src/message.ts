import type { Readable } from "node:stream";
import { HeaderReader, type Field } from "./header-reader.ts";
import { LineCheck } from "./lines.ts";
import { Refused, reply } from "./replies.ts";

/** Octets: of the whole message, of its header section, and of a line without its CRLF. */
export type MessageLimits = { size: number; header: number; line: number };

/** A message as it comes in: its header section, read; its body, to be read once, as it arrives. */
export type IncomingMessage = {
  fields: readonly Field[];
  /** The line that ended the header section, unless it was the empty one. */
  stray: string | undefined;
  body: AsyncIterable<Buffer>;
};

/** The chunks of a message, each checked before it goes on; the stream is left open on a refusal. */
async function* checked(stream: Readable, limits: MessageLimits): AsyncGenerator<Buffer> {
  const lines = new LineCheck(limits.line);
  let size = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limits.size) throw new Refused(reply("messageTooLarge", { max: limits.size }));
    const fault = lines.push(chunk);
    if (fault !== undefined) throw new Refused(fault);
    yield chunk;
  }
}

/** Reads what is left of a message and drops it, also when somebody stopped in the middle. */
export function discard(stream: Readable): void {
  stream.removeAllListeners("readable");
  stream.resume();
}

/** Bytes, and those that follow them. */
export async function* joined(
  first: Buffer,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* chunks;
}

/**
 * Reads a message up to the end of its header section.
 * @throws Refused, here or out of `body`, when the message breaks a limit or a rule of its lines;
 * the stream can then be read on. What the stream fails with is passed on.
 */
export async function openMessage(
  stream: Readable,
  limits: MessageLimits,
): Promise<IncomingMessage> {
  const chunks = checked(stream, limits);
  const header = new HeaderReader();
  let rest: Buffer | undefined;
  while (rest === undefined) {
    const { done, value } = await chunks.next();
    rest = done === true ? header.flush() : header.push(value);
    if (header.size > limits.header) {
      throw new Refused(reply("headerTooLarge", { max: limits.header }));
    }
  }
  return { fields: header.fields, stray: header.stray, body: joined(rest, chunks) };
}
