import type { EventType, FactType, WorkType } from "./events.ts";

/**
 * The lane of a tenant: FNV-1a of its slug, modulo the number of lanes. Every message of a tenant
 * is delivered by the one worker that owns its lane.
 */
export function laneOf(tenant: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < tenant.length; at += 1) {
    hash = Math.imul(hash ^ tenant.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash % lanes;
}

/** Something an actor must act on. */
export const workSubject = (lane: number, tenant: string, type: WorkType): string =>
  `mail.work.${lane}.${tenant}.${type}`;

/** What became of a message. */
export const factSubject = (lane: number, tenant: string, type: FactType): string =>
  `mail.fact.${lane}.${tenant}.${type}`;

/** The one pending schedule of a message; it fires into `mail.work.<lane>.<tenant>.due`. */
export const timerSubject = (lane: number, tenant: string, messageId: string): string =>
  `timer.${lane}.${tenant}.${messageId}`;

/** The raw bytes of a tenant's messages, in chunks. */
export const bodySubject = (lane: number, tenant: string): string => `body.${lane}.${tenant}`;

/** The full state of one entity of a tenant's configuration; `id` is encoded as one token. */
export const controlSubject = (tenant: string, kind: string, id: string): string =>
  `control.${tenant}.${kind}.${id}`;

/** Every work item of a lane. */
export const laneWork = (lane: number): string => `mail.work.${lane}.>`;

/** Every work item of one tenant of a lane. */
export const tenantWork = (lane: number, tenant: string): string => `mail.work.${lane}.${tenant}.*`;

/** Every event of a tenant, or those of one type; the same filter in every lane count. */
export const tenantEvents = (tenant: string, type: EventType | "*" = "*"): string =>
  `mail.*.*.${tenant}.${type}`;

/** Every fact of a tenant. */
export const tenantFacts = (tenant: string): string => `mail.fact.*.${tenant}.*`;

/** What a `mail.` subject says: `[mail, work|fact, lane, tenant, type]`. */
export function parseMailSubject(subject: string): { lane: number; tenant: string; type: string } {
  const [, , lane = "", tenant = "", type = ""] = subject.split(".");
  return { lane: Number(lane), tenant, type };
}
