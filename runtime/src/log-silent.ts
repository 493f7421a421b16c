import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";

const { TimeoutError, RequestError, NoRespondersError, ClosedConnectionError } = errors;
const SILENCES = [TimeoutError, RequestError, NoRespondersError, ClosedConnectionError];

/** Whether an error says no more than that NATS did not answer, or could not now. */
export const isLogSilent = (error: unknown): error is Error =>
  error instanceof JetStreamApiError
    ? error.status >= 500
    : SILENCES.some((kind) => error instanceof kind);
