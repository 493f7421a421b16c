import type { WorkEvent } from "@waybill/schemas";
import type { Neighbours } from "./deliver.ts";
import { givenUp, type End } from "./facts.ts";
import { tell } from "./record.ts";

/** Records the end of recipients that could not be tried. @throws LogUnavailable */
export async function end(
  to: Pick<Neighbours, "events" | "log" | "now">,
  work: WorkEvent,
  how: Omit<End, "time">,
): Promise<void> {
  const fact = givenUp(work, { ...how, time: new Date(to.now()).toISOString() });
  await to.events.append(fact);
  tell(to.log, fact);
}
