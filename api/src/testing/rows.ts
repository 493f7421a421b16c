import { STREAMS } from "@waybill/runtime";
import type { MailEvent, MessageAccepted } from "@waybill/schemas";
import type { Story } from "./story.ts";
import type { World } from "./world.ts";

/** The rows of a message that was just accepted and whose recipients are as the story says. */
export async function insertMessage(
  { engines }: World,
  event: MessageAccepted,
  seq: number,
  story: Story,
) {
  const { messageId, tenant, time, envelope, header, body, submission, traceId } = event;
  await engines.owner.query(
    `INSERT INTO messages VALUES
       ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9, NULL, NULL, $10, $11, $12, $12)`,
    [
      tenant,
      messageId,
      story.status ?? "queued",
      envelope.from,
      header.subject,
      header.from,
      header.messageId,
      body.size,
      time,
      submission.address,
      traceId,
      seq,
    ],
  );
  for (const [idx, { address, status, reason, diedAt }] of (story.recipients ?? []).entries()) {
    const why = status === "dead" ? (reason ?? "refused") : null;
    await engines.owner.query(
      `INSERT INTO recipients VALUES ($1, $2, $3, $4, $5, 1, '550 no', NULL, $6, 'sandbox', $7)`,
      [tenant, messageId, idx, address, status, why, diedAt ?? time],
    );
  }
}

/** The line of the audit index of an event, and that of its attempt. */
export async function insertAudit(
  { engines }: World,
  event: MailEvent,
  seq: number,
): Promise<void> {
  const { type, messageId, tenant, time } = event;
  await engines.owner.query("INSERT INTO audit VALUES ($1, $2, $3, $4, $5, $6)", [
    seq,
    type,
    messageId,
    tenant,
    time,
    "route" in event ? event.route : null,
  ]);
  if (!("outcomes" in event)) return;
  const { attempt, provider, outcomes, durationMs } = event;
  const [recipients, response] = [outcomes.map((one) => one.recipient), outcomes[0]?.response];
  await engines.owner.query(
    "INSERT INTO attempts VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    [
      tenant,
      seq,
      messageId,
      attempt,
      provider.id,
      provider.kind,
      type,
      recipients,
      durationMs,
      response,
      time,
      outcomes[0]?.class,
    ],
  );
}

/** Says, as projections would, that the views hold all that the log does. */
export async function caughtUp({ engines, deps }: World): Promise<void> {
  const { state } = await deps.nats.jsm.streams.info(STREAMS.mail);
  const sql = "UPDATE checkpoint SET seq = $1 WHERE name = 'views'";
  await engines.owner.query(sql, [state.last_seq]);
}
