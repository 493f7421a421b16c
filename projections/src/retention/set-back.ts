import { type Nats, readOne, STREAMS } from "@waybill/runtime";
import type { MessageAccepted } from "@waybill/schemas";

/**
 * Whether BODIES holds nothing as young as the body of a mail in it must be, which was kept after `since`
 * (milliseconds since 1970): then a clock was set back, and its times tell nothing of ages.
 */
export async function isSetBack(nats: Nats, mail: { seq: number }, since: number) {
  const { state } = await nats.jsm.streams.info(STREAMS.bodies);
  if (Date.parse(state.last_ts) >= since) return false;
  const event = (await readOne(nats, STREAMS.mail, mail.seq))?.json<MessageAccepted>();
  return event?.body.store === "jetstream";
}
