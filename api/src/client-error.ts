import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ErrorCode, Problem } from "./errors.ts";

const CODES: Record<string, [ErrorCode, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["request_timeout", "send the whole request at once"],
  HPE_HEADER_OVERFLOW: ["headers_too_large", "the header may have 16 KB"],
};
const MALFORMED: [ErrorCode, string] = ["malformed_request", "this is not HTTP/1.1"];

/** Answers what never became a request: bytes that are no HTTP, or that did not arrive in time. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [code, detail] = CODES[error.code ?? ""] ?? MALFORMED;
  const problem = new Problem(code, detail);
  const body = JSON.stringify(problem.body());
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nConnection: close\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
