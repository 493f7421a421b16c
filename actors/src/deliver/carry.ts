import type { Outcome, Provider as Settings, Way, WorkEvent } from "@waybill/schemas";
import type { Neighbours } from "./deliver.ts";
import { addressesOf, delivered, type Attempted } from "./facts.ts";
import { holderOf } from "./holder.ts";
import { countAttempt } from "./metrics.ts";
import { outcomesOf } from "./outgoing.ts";
import { returnPathOf } from "./own-return-path.ts";
import { recordEarly } from "./record-early.ts";
import { recordAll } from "./record.ts";
import { sendSigned } from "./send.ts";

/** Whether no answer is waited for any longer. */
export const mustEnd = ({ stopping }: Neighbours): boolean => stopping?.aborted === true;

type Begun = Pick<Attempted, "work" | "provider" | "route"> & { started: number };

function attemptedNow(to: Neighbours, { started, ...of }: Begun, outcomes: Outcome[]): Attempted {
  const ended = to.now();
  const after = (milliseconds: number) => new Date(ended + milliseconds).toISOString();
  const how = { after, random: to.random(), isCut: mustEnd(to) };
  return { ...of, outcomes, durationMs: ended - started, ...how };
}

/** Records deliveries while the attempt that made them goes on. */
function recordTaken(to: Neighbours, attempted: Attempted): Promise<void> {
  const taken = delivered(attempted, [...attempted.outcomes]);
  return recordAll(to, { delivered: taken, facts: [], onward: [] });
}

/** Hands a message to a provider; resolves with how that went. */
export async function carry(
  to: Neighbours,
  work: WorkEvent,
  { owner, provider: settings, route }: Way<Settings>,
  recipients: string[],
): Promise<Attempted> {
  const provider = to.providers.get(holderOf(owner, work.tenant), settings);
  const tenant = to.directory.tenant(work.tenant);
  const returnPath = returnPathOf(to.returnPaths, { work, route, tenant, settings });
  const { id, kind } = provider;
  const begun = { work, provider: { id, kind }, route, started: to.now() };
  const what = { work, recipients, route, tenant, returnPath, signal: to.stopping };
  const early = recordEarly((some) => {
    const outcomes = outcomesOf({ ...what, recipients: addressesOf(some) }, some);
    return recordTaken(to, attemptedNow(to, begun, outcomes));
  });
  const sending = sendSigned(to, provider, { ...what, tell: early.tell }).finally(early.stop);
  const attempted = attemptedNow(to, begun, outcomesOf(what, await sending));
  countAttempt({ tenant: work.tenant, provider: id }, attempted.outcomes, attempted.durationMs);
  return { ...attempted, recorded: await early.recorded() };
}
