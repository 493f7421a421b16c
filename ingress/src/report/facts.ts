import type { FeedbackEvent, MessageAccepted } from "@waybill/schemas";
import type { Report } from "./said.ts";

/** A report on one recipient of a message, as it came. */
export type Came = {
  accepted: MessageAccepted;
  recipient: string;
  /** The same for the same report. */
  eventId: string;
  /** ISO 8601. */
  time: string;
};

/** The fact that a report tells. */
export function factOf(report: Report, came: Came): FeedbackEvent {
  const { accepted, recipient, eventId, time } = came;
  const { messageId, tenant, traceId } = accepted;
  const source = report.kind === "abuse" || report.kind === "opt-out" ? "arf" : "dsn";
  const origin = { source, eventId } as const;
  const told = { messageId, tenant, traceId, time, at: time, recipient, origin };
  switch (report.kind) {
    case "failed": {
      const { kind: _kind, ...how } = report;
      return { type: "bounced", ...told, ...how };
    }
    case "delayed":
      return { type: "deferred", ...told, response: report.response };
    case "delivered":
      return { type: "confirmed", ...told, response: report.response };
    case "abuse":
      return { type: "complained", ...told, feedbackType: report.feedbackType };
    case "opt-out":
      return { type: "unsubscribed", ...told };
  }
}
