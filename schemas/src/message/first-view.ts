import type { MessageAccepted } from "../events.ts";
import type { MessageView, RecipientView } from "../views.ts";

/** The view of a message that was just accepted: nothing is tried yet. */
export function firstView(event: MessageAccepted, seq: number): MessageView {
  const { envelope, header, body, submission, time } = event;
  return {
    id: event.messageId,
    tenant: event.tenant,
    status: "queued",
    sender: envelope.from,
    subject: header.subject,
    headerFrom: header.from,
    headerMessageId: header.messageId,
    size: body.size,
    attempts: 0,
    acceptedAt: time,
    updatedAt: time,
    nextAttemptAt: null,
    credential: submission.credential ?? null,
    client: submission.address,
    traceId: event.traceId,
    acceptedSeq: seq,
    lastSeq: seq,
    recipients: envelope.recipients.map((address) => untried(address, time)),
  };
}

const untried = (address: string, updatedAt: string): RecipientView => ({
  address,
  status: "queued",
  attempts: 0,
  response: null,
  class: null,
  reason: null,
  provider: null,
  updatedAt,
  feedback: null,
});
