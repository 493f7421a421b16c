import { Readable } from "node:stream";

async function* joined(fields: Buffer, body: () => Readable): AsyncGenerator<Buffer> {
  yield fields;
  yield* body() as AsyncIterable<Buffer>;
}

/** A raw message with whole fields put before its header, as it is read. */
export const fieldsBefore = (fields: Buffer, body: () => Readable): Readable =>
  Readable.from(joined(fields, body), { objectMode: false });
