import { windowOf } from "@waybill/runtime";
import type { Deps } from "../deps.ts";
import { REFUSALS } from "./call.ts";

/** What is counted of each webhook: things told, and calls that were refused. */
export const COUNTED = ["recorded", "repeated", "ignored", "unknown", ...REFUSALS] as const;
export type Counted = (typeof COUNTED)[number];
export type Counts = Partial<Record<Counted, number>>;

/** The webhook of a tenant. */
type Of = { tenant: string; id: string };

const subjectOf = (id: string, what: Counted) => `hook:${id}:${what}`;
const month = (now: () => Date) => windowOf("month", now());

/** Adds to what is counted of this month, for all processes together; a failure is only logged. */
export async function count(
  { counters, now, log }: Deps,
  { tenant, id }: Of,
  counts: Counts,
): Promise<void> {
  const some = Object.entries(counts).filter(([, n]) => n > 0);
  const adding = some.map(([what, n]) =>
    counters.add(tenant, subjectOf(id, what as Counted), month(now), n),
  );
  await Promise.all(adding).catch((error: unknown) =>
    log.warn({ err: error, tenant, hook: id }, "a call of a webhook was not counted"),
  );
}

/** What was counted this month. @throws LogUnavailable */
export async function countsOf(
  { counters, now }: Deps,
  { tenant, id }: Of,
): Promise<Record<Counted, number>> {
  const read = async (what: Counted) =>
    [what, await counters.read(tenant, subjectOf(id, what), month(now))] as const;
  return Object.fromEntries(await Promise.all(COUNTED.map(read))) as Record<Counted, number>;
}
