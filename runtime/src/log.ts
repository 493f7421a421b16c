import { JetStreamApiError, type JetStreamPublishOptions, type PubAck } from "@nats-io/jetstream";
import { InvalidArgumentError } from "@nats-io/transport-node";
import {
  dedupeId,
  factSubject,
  isWork,
  laneOf,
  timerSubject,
  workSubject,
  type MailEvent,
  type RetryDue,
} from "@waybill/schemas";
import { endOfTurn } from "./end-of-turn.ts";
import type { Nats } from "./nats.ts";
import { shortId } from "./short-id.ts";
import { STREAMS } from "./streams.ts";

/** The log, or the store, did not take something in time: nothing may be promised. */
export class LogUnavailable extends Error {
  constructor(cause: unknown) {
    super("the event log does not answer", { cause });
    this.name = "LogUnavailable";
  }
}

/** Where facts are kept before anybody is told so. */
export interface Log {
  /**
   * Appends an event; resolves with its stream sequence once it is durable (PubAck).
   * Appending the same event again is one event. @throws LogUnavailable
   */
  append(event: MailEvent): Promise<number>;
  /** Sets the timer of some recipients of a message: the server appends `due` at that time. @throws LogUnavailable */
  schedule(due: RetryDue, at: Date): Promise<void>;
}

/** Milliseconds after which an append gives up: a client at the door waits no longer. */
export const PATIENCE = 8000;
const PAUSE = 100;

/** What will not change by asking again: the stream refuses the message itself, or it is too large to be sent. */
const isFinal = (error: unknown): boolean =>
  error instanceof InvalidArgumentError ||
  (error instanceof JetStreamApiError && error.status === 400);

/** A message for a stream. */
export type Publication = {
  stream: string;
  subject: string;
  payload: Uint8Array | string;
  options: Partial<JetStreamPublishOptions> & { msgID: string };
  /** When it gives up, by `performance.now()`; a patience from now on by default. */
  deadline?: number;
};

/**
 * Publishes until the server acknowledges, with the same `Nats-Msg-Id` each time: a publish whose
 * answer was lost is one message. The client drops what is sent while it is disconnected, hence the
 * short timeout of each try. @returns the server's acknowledgement. @throws LogUnavailable
 */
export async function publishAcked(nats: Nats, publication: Publication): Promise<PubAck> {
  const { stream, subject, payload, options } = publication;
  const { deadline = performance.now() + PATIENCE } = publication;
  const send = async () => {
    if (performance.now() > deadline) throw new Error("waited too long for those before it");
    return nats.js.publish(subject, payload, options);
  };
  for (;;) {
    await endOfTurn();
    try {
      const acknowledged = await nats.inFlight(stream)(send);
      nats.refusals.taken(stream);
      return acknowledged;
    } catch (error) {
      if (isFinal(error)) throw new LogUnavailable(error);
      if (performance.now() + PAUSE > deadline) {
        nats.refusals.refused(stream);
        throw new LogUnavailable(error);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

/** The same, of whom only the stream sequence is needed. @throws LogUnavailable */
export const publish = async (nats: Nats, publication: Publication): Promise<number> =>
  (await publishAcked(nats, publication)).seq;

/** Characters of an id that stays as it is: one that names many recipients is longer. */
const LONGEST_ID = 500;

function idOf(event: MailEvent): string {
  const id = dedupeId(event);
  return id.length > LONGEST_ID ? shortId(id) : id;
}

/** The MAIL stream as a log, for so many lanes. */
export function makeLog(nats: Nats, lanes: number): Log {
  const subjectOf = (event: MailEvent): string => {
    const lane = laneOf(event.tenant, lanes);
    return isWork(event)
      ? workSubject(lane, event.tenant, event.type)
      : factSubject(lane, event.tenant, event.type);
  };
  return {
    append: (event) =>
      publish(nats, {
        stream: STREAMS.mail,
        subject: subjectOf(event),
        payload: JSON.stringify(event),
        options: { msgID: idOf(event) },
      }),
    schedule: async (due, at) => {
      const lane = laneOf(due.tenant, lanes);
      const schedule = { specification: at, target: subjectOf(due) };
      await publish(nats, {
        stream: STREAMS.mail,
        subject: timerSubject(lane, due),
        payload: JSON.stringify(due),
        options: { msgID: `${dedupeId(due)}:timer`, schedule },
      });
    },
  };
}
