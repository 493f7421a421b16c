import type { EventType, FactType, RetryDue, WorkType } from "./events.ts";
import { encodeToken } from "./tokens.ts";

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return value;
}

/**
 * The lane of a tenant: a hash of its slug, modulo the number of lanes. Every message of a tenant
 * is delivered by the one worker that owns its lane.
 */
export const laneOf = (tenant: string, lanes: number): number => hash(tenant) % lanes;

/** Something an actor must act on. */
export const workSubject = (lane: number, tenant: string, type: WorkType): string =>
  `mail.work.${lane}.${tenant}.${type}`;

/** What became of a message. */
export const factSubject = (lane: number, tenant: string, type: FactType): string =>
  `mail.fact.${lane}.${tenant}.${type}`;

/** The pending schedule of some recipients of a message, told by the first of them; it fires into `mail.work.<lane>.<tenant>.due`. */
export const timerSubject = (lane: number, due: RetryDue): string =>
  `timer.${lane}.${due.tenant}.${due.messageId}.${hash(due.envelope.recipients[0] ?? "").toString(16)}`;

/** Every pending schedule of a message. */
export const messageTimers = (lane: number, tenant: string, messageId: string): string =>
  `timer.${lane}.${tenant}.${messageId}.*`;

/** Every pending schedule of a tenant. */
export const tenantTimers = (lane: number, tenant: string): string => `timer.${lane}.${tenant}.>`;

/** The raw bytes of a tenant's messages, in chunks. */
export const bodySubject = (lane: number, tenant: string): string => `body.${lane}.${tenant}`;

/** The hash chain of a tenant's events. */
export const chainSubject = (tenant: string): string => `chain.${tenant}`;

/** The full state of one entity of a tenant's configuration; `id` is encoded as one token. */
export const controlSubject = (tenant: string, kind: string, id: string): string =>
  `control.${tenant}.${kind}.${id}`;

/** Every change of a tenant's configuration. */
export const tenantControl = (tenant: string): string => `control.${tenant}.>`;

/** One counter of a tenant in the window of that name; the next window is another counter. */
export const limitSubject = (tenant: string, subject: string, window: string): string =>
  `limit.${tenant}.${encodeToken(subject)}.${window}`;

/** Every work item of a lane. */
export const laneWork = (lane: number): string => `mail.work.${lane}.>`;

/** Every work item of one tenant of a lane. */
export const tenantWork = (lane: number, tenant: string): string => `mail.work.${lane}.${tenant}.*`;

/** Every event of a tenant, or those of one type; the same filter in every lane count. */
export const tenantEvents = (tenant: string, type: EventType | "*" = "*"): string =>
  `mail.*.*.${tenant}.${type}`;

/** The facts of one type, of every tenant. */
export const factsOfType = (type: FactType): string => `mail.fact.*.*.${type}`;

/** What tells whether a tenant's work items were acted on: its facts, and the timers that have fired. */
export const tenantHistory = (lane: number, tenant: string): string[] => [
  `mail.fact.${lane}.${tenant}.*`,
  workSubject(lane, tenant, "due"),
];

/** What a `mail.` subject says: `[mail, work|fact, lane, tenant, type]`. */
export function parseMailSubject(subject: string): { lane: number; tenant: string; type: string } {
  const [, , lane = "", tenant = "", type = ""] = subject.split(".");
  return { lane: Number(lane), tenant, type };
}
