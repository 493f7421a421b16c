import { isLogSilent } from "./log-silent.ts";
import { LogUnavailable } from "./log.ts";
import { StartError } from "./start-error.ts";

const SILENT = "the event log does not answer";
const HINT = "see that NATS runs, of a cluster most of its servers, and run this again";

const causeOf = (error: unknown): unknown =>
  error instanceof LogUnavailable ? causeOf(error.cause) : error;

/** What keeps an operator's program from its work: one line with a hint; undefined for what is a fault of the program. */
export function operatorWords(error: unknown): string | undefined {
  if (error instanceof StartError) return `${error.message}; ${error.hint}`;
  const cause = causeOf(error);
  return isLogSilent(cause) ? `${SILENT} (${cause.message}); ${HINT}` : undefined;
}
