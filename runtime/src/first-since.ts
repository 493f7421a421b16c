import { directGet } from "./direct-get.ts";
import type { Nats } from "./nats.ts";

/** Sequence of the first message that a stream kept at a moment or later; behind its last one when there is none. */
export async function firstSince(nats: Nats, stream: string, at: Date): Promise<number> {
  const { state } = await nats.jsm.streams.info(stream);
  if (state.messages === 0) return state.last_seq + 1;
  // In this order: under a clock that was set back the last one may seem to be older than the first.
  if (Date.parse(state.first_ts) >= at.getTime()) return state.first_seq;
  if (Date.parse(state.last_ts) < at.getTime()) return state.last_seq + 1;
  const [first] = await directGet(nats, stream, { batch: 1, start_time: at });
  return first?.seq ?? state.first_seq;
}
