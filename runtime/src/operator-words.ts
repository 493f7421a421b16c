import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { LogUnavailable } from "./log.ts";
import { StartError } from "./start-error.ts";

const SILENT = "the event log does not answer";
const HINT = "see that NATS runs, of a cluster most of its servers, and run this again";

const { TimeoutError, RequestError, NoRespondersError, ClosedConnectionError } = errors;
const OF_THE_CONNECTION = [TimeoutError, RequestError, NoRespondersError, ClosedConnectionError];

const isSilence = (error: unknown): error is Error =>
  error instanceof LogUnavailable ||
  (error instanceof JetStreamApiError && error.status >= 500) ||
  OF_THE_CONNECTION.some((kind) => error instanceof kind);

/** What keeps an operator's program from its work: one line with a hint; undefined for what is a fault of the program. */
export function operatorWords(error: unknown): string | undefined {
  if (error instanceof StartError) return `${error.message}; ${error.hint}`;
  if (!isSilence(error)) return undefined;
  return `${SILENT} (${error.name}: ${error.message}); ${HINT}`;
}
