import { type Log, type Logger, untilRecorded } from "@waybill/runtime";
import type { OutcomeEvent } from "@waybill/schemas";
import type { Decision } from "./decide.ts";

/** Records what became of an attempt; resolves when all of it is. */
export async function recordAll(
  { events, log }: { events: Log; log: Logger },
  decision: Decision,
): Promise<void> {
  const append = (fact: OutcomeEvent) => untilRecorded(log, () => events.append(fact));
  const { retry } = decision;
  const timer = retry && untilRecorded(log, () => events.schedule(retry.due, new Date(retry.at)));
  await Promise.all([timer, ...decision.delivered.map(append)]);
  for (const fact of decision.facts) {
    await append(fact);
    tell(log, fact);
  }
}

function wordsOf(fact: OutcomeEvent): string | undefined {
  switch (fact.type) {
    case "deadlettered":
      return fact.detail;
    case "suppressed":
      return "on the suppression list";
    case "delivered":
    case "failed":
    case "ambiguous":
      return fact.outcomes[0]?.response;
  }
}

/** One line for what was not delivered; recipients are in the event. */
export function tell(log: Logger, fact: OutcomeEvent): void {
  const { type, messageId, tenant, traceId, attempt } = fact;
  const words = wordsOf(fact);
  log.info({ event: type, messageId, tenant, traceId, attempt, reply: words }, "not delivered");
}
