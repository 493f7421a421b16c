// oxlint-disable no-underscore-dangle -- the seams of smtp-server are named so
import type { SMTPStream } from "smtp-server/lib/smtp-stream.js";

const LF = 0x0a;
const COMMAND = /^[^\r\n\0]*\r\n$/;

/**
 * Makes a parser of smtp-server take commands as RFC 5321 2.3.8 has them. Of itself it ends a
 * command at a bare LF, keeps CR and NUL inside one, and runs one that the end of the connection cut
 * short. Here each line goes to it alone, after a look at its end; a line that is none goes to
 * `onMalformed`, which replies and then calls `next`. A message (DATA) passes as it is.
 */
export function strict(parser: SMTPStream, onMalformed: (next: () => void) => void): SMTPStream {
  const write = parser._write.bind(parser);
  parser._write = (chunk, encoding, done) => {
    if (parser._dataMode || parser.isClosed) return write(chunk, encoding, done);
    const end = chunk.indexOf(LF) + 1;
    if (end === 0) return write(chunk, encoding, done);
    const rest = chunk.subarray(end);
    const next = (error?: Error | null): unknown =>
      error != null || rest.length === 0
        ? done(error)
        : setImmediate(() => parser._write(rest, encoding, done));
    const line = chunk.subarray(0, end);
    if (COMMAND.test(parser._remainder + line.toString("latin1")))
      return write(line, encoding, next);
    parser._remainder = "";
    onMalformed(next);
  };
  parser._flushData = () => undefined;
  return parser;
}
