import { type ErasedEvents, readErased } from "../erasure/records.ts";
import type { Nats } from "../nats.ts";

/** Answers which leaf the record of an erased event of a tenant names; reads the records when one is asked for. */
export function erasedLeaves(nats: Nats, tenant: string) {
  let known: ErasedEvents["records"] = new Map();
  return async (seq: number): Promise<string | undefined> => {
    if (!known.has(seq)) known = (await readErased(nats, tenant)).records;
    return known.get(seq)?.leaf;
  };
}
