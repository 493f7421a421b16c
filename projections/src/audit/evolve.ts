import type { AuditEntry, BodyRef, MailEvent } from "@waybill/schemas";

const fallbackOf = (body: BodyRef): AuditEntry["fallback"] =>
  body.store === "jetstream" ? (body.fallback ?? null) : null;

/** The line of the audit index for an event: every event has one. */
export const auditEntryOf = (event: MailEvent, seq: number): AuditEntry => ({
  seq,
  type: event.type,
  messageId: event.messageId,
  tenant: event.tenant,
  time: event.time,
  route: "route" in event ? (event.route ?? null) : null,
  fallback: event.type === "accepted" ? fallbackOf(event.body) : null,
});
