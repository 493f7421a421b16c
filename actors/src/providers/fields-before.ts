import { Readable } from "node:stream";

/** The octets of a raw message after whole fields, as they are read; less costly than as a stream. */
export async function* joined(fields: Buffer, body: () => Readable): AsyncGenerator<Buffer> {
  yield fields;
  yield* body() as AsyncIterable<Buffer>;
}

/** A raw message with whole fields put before its header, as it is read. */
export const fieldsBefore = (fields: Buffer, body: () => Readable): Readable =>
  Readable.from(joined(fields, body), { objectMode: false });
