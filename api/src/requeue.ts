import { replay, STREAMS } from "@waybill/runtime";
import { dedupeId, type MessageRequeued, tenantEvents } from "@waybill/schemas";
import type { Caller } from "./auth.ts";
import type { Deps } from "./deps.ts";
import { readTyped } from "./log/read-event.ts";
import type { Candidate } from "./queries/requeue-candidates.ts";

/** Who asks for a requeue, and why, in their words. */
export type Operator = Caller & { reason: string | undefined };

/**
 * The command to try a message's dead recipients again, as a fact, made of what the log holds. Its
 * attempt is the next one after the last that ended, so that a command given twice is one event.
 * @returns undefined when the log does not hold the message's acceptance any more, or it was erased.
 */
async function requeuedEvent(
  deps: Deps,
  { tenant, actor, ip, reason }: Operator,
  { id, dead, attempts, acceptedSeq, deadSeq }: Candidate,
): Promise<MessageRequeued | undefined> {
  const [accepted, last] = await Promise.all([
    readTyped(deps, tenant, id, acceptedSeq, "accepted"),
    deadSeq === null ? undefined : readTyped(deps, tenant, id, deadSeq, "deadlettered"),
  ]);
  if (accepted === undefined || accepted.erased) return undefined;
  const { messageId, traceId, envelope, body, routing } = accepted;
  const attempt = Math.max(attempts, last?.attempt ?? 0) + 1;
  const [time, rung] = [deps.now().toISOString(), 0];
  const again = { ...envelope, recipients: dead };
  return {
    type: "requeued",
    messageId,
    tenant,
    time,
    traceId,
    attempt,
    rung,
    envelope: again,
    body,
    routing,
    by: actor,
    ip,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Messages read and appended at once. */
const WIDTH = 32;

/** Makes the facts of a requeue; `null` in the place of a message that is too old for one. */
export async function requeuedEvents(
  deps: Deps,
  operator: Operator,
  candidates: Candidate[],
): Promise<(MessageRequeued | null)[]> {
  return inBatches(candidates, async (one) => (await requeuedEvent(deps, operator, one)) ?? null);
}

/** What the log was told to try again since messages were dead: views that lag would have it told twice. */
async function saidSince({ nats }: Deps, tenant: string, seq: number): Promise<Set<string>> {
  const filters = [tenantEvents(tenant, "requeued")];
  const said = new Set<string>();
  for await (const one of replay(nats, { stream: STREAMS.mail, filters, from: seq + 1 }))
    said.add(dedupeId(one.json<MessageRequeued>()));
  return said;
}

/**
 * Appends those that the log does not have; when it fails in between, the same command again completes it.
 * @throws LogUnavailable
 */
export async function appendAll(
  deps: Deps,
  facts: MessageRequeued[],
  candidates: Candidate[],
): Promise<void> {
  const [first] = facts;
  if (first === undefined) return;
  const since = Math.min(...candidates.map(({ deadSeq, acceptedSeq }) => deadSeq ?? acceptedSeq));
  const said = await saidSince(deps, first.tenant, since);
  const unsaid = facts.filter((fact) => !said.has(dedupeId(fact)));
  await inBatches(unsaid, (fact) => deps.events.append(fact));
}

async function inBatches<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += WIDTH) {
    results.push(...(await Promise.all(items.slice(at, at + WIDTH).map(work))));
  }
  return results;
}
