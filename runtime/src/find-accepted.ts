import { type MessageAccepted, type MessageId, tenantEvents } from "@waybill/schemas";
import { decodeTime } from "ulid";
import type { Nats } from "./nats.ts";
import { replay } from "./replay.ts";
import { STREAMS } from "./streams.ts";

/** Milliseconds before and after the time that an id tells, by the clock of the door, in which the log took the event. */
type Around = { before: number; after: number };

/** Clocks that are set; from MAIL to the event it may take so long. */
const NEAR: Around = { before: 10_000, after: 3_600_000 };

/** Clocks that are not. */
const FAR: Around = { before: 86_400_000, after: 86_400_000 };

async function findWithin(
  nats: Nats,
  { before, after }: Around,
  tenant: string,
  messageId: MessageId,
): Promise<MessageAccepted | undefined> {
  const given = decodeTime(messageId);
  const filters = [tenantEvents(tenant, "accepted")];
  const from = new Date(given - before);
  for await (const stored of replay(nats, { stream: STREAMS.mail, filters, from })) {
    if (stored.time.getTime() > given + after) return undefined;
    const event = stored.json<MessageAccepted>();
    if (event.messageId === messageId) return event;
  }
  return undefined;
}

/**
 * The acceptance of a tenant's message that has one, out of the log: read from the time that its id tells, and
 * from a day around it when it is not there.
 * @returns undefined when the log does not hold it any more. @throws when NATS does not answer
 */
export const findAccepted = async (nats: Nats, tenant: string, messageId: MessageId) =>
  (await findWithin(nats, NEAR, tenant, messageId)) ?? findWithin(nats, FAR, tenant, messageId);

/** Whether the log has the acceptance of a message that most likely has none. @throws when NATS does not answer */
export const isAccepted = async (nats: Nats, tenant: string, messageId: MessageId) =>
  (await findWithin(nats, NEAR, tenant, messageId)) !== undefined;
