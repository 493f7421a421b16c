import type { AuditEntry, MailEvent } from "@waybill/schemas";

/** The line of the audit index for an event: every event has one. */
export const auditEntryOf = (event: MailEvent, seq: number): AuditEntry => ({
  seq,
  type: event.type,
  messageId: event.messageId,
  tenant: event.tenant,
  time: event.time,
  route: "route" in event ? (event.route ?? null) : null,
});
