import type { Readable } from "node:stream";
import { fieldsOf, type Field } from "./header-fields.ts";

const END_OF_HEADER = Buffer.from("\r\n\r\n");

/** What takes in a body, part by part. */
type Body = { update(part: Uint8Array): void };

/**
 * Reads a message once: hands over its fields when they are all there, and what follows the empty line,
 * to the one that answer names; reads no further when it names none.
 */
export async function readMessage(
  source: Readable,
  begin: (fields: Field[]) => Promise<Body | undefined>,
): Promise<void> {
  let header: Buffer | undefined = Buffer.alloc(0);
  let body: Body | undefined;
  for await (const part of source as AsyncIterable<Buffer>) {
    if (header === undefined) {
      body?.update(part);
      continue;
    }
    const all: Buffer = Buffer.concat([header, part]);
    const end = all.indexOf(END_OF_HEADER);
    header = end < 0 ? all : undefined;
    if (end < 0) continue;
    body = await begin(fieldsOf(all.toString("latin1", 0, end)));
    if (body === undefined) return;
    body.update(all.subarray(end + END_OF_HEADER.length));
  }
  if (header !== undefined) await begin(fieldsOf(header.toString("latin1")));
}
