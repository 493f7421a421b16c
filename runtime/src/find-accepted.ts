import { type MessageAccepted, type MessageId, tenantEvents } from "@waybill/schemas";
import { decodeTime } from "ulid";
import type { Nats } from "./nats.ts";
import { replay } from "./replay.ts";
import { STREAMS } from "./streams.ts";

/** Milliseconds: clocks of the machines may differ; from MAIL to the event it may take so long. */
const [SKEW, LONGEST] = [10_000, 3_600_000];

/**
 * The acceptance of a tenant's message, out of the log: read from the time that its id tells.
 * @returns undefined when the log does not hold it (any more). @throws when NATS does not answer
 */
export async function findAccepted(
  nats: Nats,
  tenant: string,
  messageId: MessageId,
): Promise<MessageAccepted | undefined> {
  const given = decodeTime(messageId);
  const filters = [tenantEvents(tenant, "accepted")];
  const from = new Date(given - SKEW);
  for await (const stored of replay(nats, { stream: STREAMS.mail, filters, from })) {
    if (stored.time.getTime() > given + LONGEST) return undefined;
    const event = stored.json<MessageAccepted>();
    if (event.messageId === messageId) return event;
  }
  return undefined;
}
