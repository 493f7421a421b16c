import { LogUnavailable, readEventAt, type Stored } from "@waybill/runtime";
import { type EventType, type MailEvent, parseMailSubject } from "@waybill/schemas";
import type { Deps } from "../deps.ts";

/** The event that was stored, if it is the tenant's: the subject says whose it is. */
export const eventOf = (stored: Stored, tenant: string): MailEvent | undefined =>
  parseMailSubject(stored.subject).tenant === tenant ? stored.json<MailEvent>() : undefined;

/** The tenant's event of a message at a sequence, or what is left of it, if the log still holds it. @throws LogUnavailable */
export async function readEvent(
  { nats }: Deps,
  tenant: string,
  messageId: string,
  seq: number,
): Promise<MailEvent | undefined> {
  const stored = await readEventAt(nats, tenant, messageId, seq).catch((cause: unknown) => {
    throw new LogUnavailable(cause);
  });
  return stored && eventOf(stored, tenant);
}

/** As `readEvent`, if the event is of that type. */
export async function readTyped<T extends EventType>(
  deps: Deps,
  tenant: string,
  messageId: string,
  seq: number,
  type: T,
): Promise<Extract<MailEvent, { type: T }> | undefined> {
  const event = await readEvent(deps, tenant, messageId, seq);
  return event?.type === type ? (event as Extract<MailEvent, { type: T }>) : undefined;
}
