import { Problem } from "./errors.ts";

/** SQLSTATE (PostgreSQL manual, appendix A): its class, or the whole code. */
const CANCELED = "57014";
const DATA_EXCEPTION = "22";
/** Away, starting, stopping, full; or the views, and the role that reads them, are not made yet. */
const AWAY = new Set(["08", "53", "57", "58", "28", "3D", "3F", "42P01"]);

const SOCKET = /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_)/;
const CLIENT =
  /^(Connection terminated|timeout exceeded when trying|Client has encountered|Query read timeout)/;

/** Whether the database itself answered, with an error. */
export const isSqlError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && "severity" in error && "code" in error;

/** What a client is told of an error of PostgreSQL or of the way to it; undefined for other errors. */
export function databaseProblem(error: unknown): Problem | undefined {
  return isSqlError(error) ? sqlProblem(error) : connectionProblem(error);
}

function sqlProblem(cause: Error & { code: string }): Problem | undefined {
  const { code } = cause;
  if (code === CANCELED)
    return new Problem("timeout", "narrow the filters, or the time", { cause });
  if (code.startsWith(DATA_EXCEPTION)) {
    return new Problem("invalid_request", "a value is outside what can be kept", { cause });
  }
  return AWAY.has(code) || AWAY.has(code.slice(0, 2)) ? away(cause) : undefined;
}

function connectionProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", message } = error as NodeJS.ErrnoException;
  return SOCKET.test(code) || CLIENT.test(message) ? away(error) : undefined;
}

const away = (cause: unknown): Problem =>
  new Problem("unavailable", "the views cannot be read now", { cause });
