import type { Deps } from "./deps.ts";
import { deadLetterIds } from "./queries/list-dead-letters.ts";
import { type Candidate, requeueCandidates } from "./queries/requeue-candidates.ts";
import { appendAll, type Operator, requeuedEvents } from "./requeue.ts";
import {
  MOST_REQUEUED,
  type ReprocessCommand,
  type ReprocessResult,
} from "./shapes/dead-letter.ts";
import { asTenant, type TenantView } from "./views.ts";

type Selection = { ids: string[]; found: Candidate[]; more: boolean };

async function select(
  view: TenantView,
  { ids, filter = {} }: ReprocessCommand,
): Promise<Selection> {
  if (ids !== undefined) {
    const unique = [...new Set(ids)];
    return { ids: unique, found: await requeueCandidates(view, unique), more: false };
  }
  const range = { before: undefined, limit: MOST_REQUEUED };
  const matching = await deadLetterIds(view, filter, range);
  const taken = matching.slice(0, MOST_REQUEUED);
  const more = matching.length > taken.length;
  return { ids: taken, found: await requeueCandidates(view, taken), more };
}

/**
 * Requeues dead letters: all dead recipients of each message. A dry run finds the same and appends
 * nothing. Answers once the facts are durable; the views follow.
 */
export async function reprocess(
  deps: Deps,
  operator: Operator,
  command: ReprocessCommand,
): Promise<ReprocessResult> {
  const { ids, found, more } = await asTenant(deps, operator.tenant, (view) =>
    select(view, command),
  );
  const dead = found.filter((one) => one.dead.length > 0);
  const facts = await requeuedEvents(deps, operator, dead);
  const wanted = facts.filter((fact) => fact !== null);
  if (!command.dryRun) await appendAll(deps, wanted, dead);
  const known = new Set(found.map((one) => one.id));
  return {
    dryRun: command.dryRun,
    requeued: wanted.length,
    ids: wanted.map((fact) => fact.messageId),
    notFound: ids.filter((id) => !known.has(id)),
    notDead: found.filter((one) => one.dead.length === 0).map((one) => one.id),
    expired: dead.filter((_, at) => facts[at] === null).map((one) => one.id),
    more,
  };
}
