import { JetStreamApiError } from "@nats-io/jetstream";
import { controlSubject, encodeToken, type ControlFact, type Entity } from "@waybill/schemas";
import { lastOnLeader } from "./leader-reads.ts";
import { LogUnavailable } from "./log.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

/** Somebody changed the entity since the sequence the writer had seen. */
export class ControlConflict extends Error {
  constructor(fact: ControlFact) {
    super(`${fact.kind} ${fact.id} of ${fact.tenant} has changed meanwhile`);
    this.name = "ControlConflict";
  }
}

/** Codes of a failed expectation: 10071, and 10164 in a cluster. */
const CONFLICTS = new Set([10071, 10164]);

/** The expectation of a subject's last sequence, or of that of all entities of its tenant and kind. */
function expectation(subject: string, expected: number | undefined, ofKind: number | undefined) {
  if (expected === undefined) return {};
  const all = subject.replace(/[^.]+$/, "*");
  const [lastSubjectSequence, lastSubjectSequenceSubject] =
    ofKind === undefined ? [expected, subject] : [ofKind, all];
  return { expect: { lastSubjectSequence, lastSubjectSequenceSubject } };
}

/** Whether a publish was refused because its subject is not at the sequence it expected. */
export const isConflict = (error: unknown): boolean =>
  error instanceof JetStreamApiError && CONFLICTS.has(error.code);

/**
 * Appends the new state of an entity to CONTROL.
 * @param expected sequence of the entity's last fact, 0 when there must be none.
 * @param ofKind sequence of the last fact of its tenant and kind, where the change was judged by the
 * others of that kind: none of them may have changed either.
 * @returns its stream sequence. @throws ControlConflict | LogUnavailable
 */
export async function putEntity(
  { js }: Nats,
  fact: ControlFact,
  expected?: number,
  ofKind?: number,
): Promise<number> {
  const subject = controlSubject(fact.tenant, fact.kind, encodeToken(fact.id));
  const expect = expectation(subject, expected, ofKind);
  try {
    return (await js.publish(subject, JSON.stringify(fact), expect)).seq;
  } catch (error) {
    if (isConflict(error)) throw new ControlConflict(fact);
    throw new LogUnavailable(error);
  }
}

/** The new state of an entity as a fact of the relay's own. */
export const ownFact = (tenant: string, entity: Entity, reason: string): ControlFact => ({
  tenant,
  kind: entity.kind,
  id: entity.id,
  time: new Date().toISOString(),
  actor: "system",
  reason,
  entity,
});

/** Appends the first fact of an entity; resolves with its sequence, or undefined when there was one before. @throws LogUnavailable */
export function putNew(nats: Nats, fact: ControlFact): Promise<number | undefined> {
  return putEntity(nats, fact, 0).catch((error: unknown) => {
    if (error instanceof ControlConflict) return undefined;
    throw error;
  });
}

/** The last fact of an entity, out of the log itself, with its sequence. */
export async function lastFact(
  nats: Nats,
  tenant: string,
  kind: ControlFact["kind"],
  id: string,
): Promise<{ fact: ControlFact; seq: number } | undefined> {
  const subject = controlSubject(tenant, kind, encodeToken(id));
  const found = await lastOnLeader(nats, STREAMS.control, subject);
  return found === null ? undefined : { fact: found.json<ControlFact>(), seq: found.seq };
}
