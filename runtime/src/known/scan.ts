import { tenantHistory, tenantTimers, type Known } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { readStream } from "../read-stream.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";

/** Whose history is read. */
export type Whose = { nats: Nats; lane: number; tenant: string };

/** The tenant's timers that were set after a sequence. One that fires meanwhile may be missing: it is in the history then. */
export async function* timersSet(
  { nats, lane, tenant }: Whose,
  since: number,
): AsyncGenerator<Known> {
  const asked = { stream: STREAMS.mail, filters: [tenantTimers(lane, tenant)], from: since + 1 };
  for await (const one of readStream(nats, asked)) yield one.json<Known>();
}

/** The tenant's facts and fired timers after a sequence, up to another. */
export async function* historyOf(
  { nats, lane, tenant }: Whose,
  since: number,
  through: number,
): AsyncGenerator<Known> {
  const filters = tenantHistory(lane, tenant);
  const asked = { stream: STREAMS.mail, filters, from: since + 1, through };
  for await (const one of replay(nats, asked)) yield one.json<Known>();
}

/** The last sequence of the log. */
export const lastSequence = async ({ nats }: Whose): Promise<number> =>
  (await nats.jsm.streams.info(STREAMS.mail)).state.last_seq;
