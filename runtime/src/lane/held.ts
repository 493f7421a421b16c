import type { JsMsg } from "@nats-io/jetstream";
import type { Known, WorkEvent } from "@waybill/schemas";

/** A work item together with what the log may already hold of its message. */
export type Delivery = { work: WorkEvent; known: readonly Known[] };

/**
 * Acts on a work item; resolves once everything that came of it is durable, because the item is
 * acknowledged then. A rejection puts it back to be tried again.
 */
export type Handle = (delivery: Delivery) => Promise<void>;

/** A work item from its arrival to its acknowledgement. */
export type Held = {
  /** Its latest copy: a redelivery replaces the one that cannot be acknowledged any more. */
  message: JsMsg;
  readonly work: WorkEvent;
  readonly seq: number;
  /** Somebody may have acted on it until now: what the log holds of its message is asked for first. */
  suspect: boolean;
  /** When it came, by a clock that is never set: milliseconds. */
  readonly since: number;
};
