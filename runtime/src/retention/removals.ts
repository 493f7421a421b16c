import type { ChainLeaf } from "@waybill/schemas";
import { lastOf } from "./last-of.ts";
import { publish } from "../log.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** Events before sequence `until` of MAIL that the log kept before a moment (milliseconds since 1970) were removed. */
type Removal = { until: number; before: number };

const subjectOf = (tenant: string | undefined) =>
  tenant === undefined ? "removed" : `removed.${tenant}`;

/** Says that events of a tenant, or of all, will be removed because of their age; what was said before stays true. @throws when NATS does not answer */
export async function noteRemoval(
  nats: Nats,
  tenant: string | undefined,
  removal: Removal,
): Promise<void> {
  const subject = subjectOf(tenant);
  const last = await lastOf<Removal>(nats, STREAMS.removals, subject);
  if (last !== undefined && removal.until <= last.until && removal.before <= last.before) return;
  const until = Math.max(removal.until, last?.until ?? 0);
  const before = Math.max(removal.before, last?.before ?? 0);
  const payload = JSON.stringify({ until, before });
  const options = { msgID: `${subject}:${payload}` };
  await publish(nats, { stream: STREAMS.removals, subject, payload, options });
}

/** Tells whether an event of a tenant may have been removed because of its age. @throws when NATS does not answer */
export async function removedOf(nats: Nats, tenant: string): Promise<(leaf: ChainLeaf) => boolean> {
  const found = [undefined, tenant].map((one) =>
    lastOf<Removal>(nats, STREAMS.removals, subjectOf(one)),
  );
  const removals = await Promise.all(found);
  return ([seq, time]) =>
    removals.some((one) => one !== undefined && seq < one.until && time < one.before);
}
