import { type ErasedIndex, indexErased } from "../erasure/records.ts";
import type { Nats } from "../nats.ts";

/** Answers which leaf the record of an erased event of a tenant names; reads the records when one is asked for. */
export function erasedLeaves(nats: Nats, tenant: string) {
  let known: ErasedIndex["places"] = new Map();
  return async (seq: number): Promise<string | undefined> => {
    if (!known.has(seq)) known = (await indexErased(nats, tenant)).places;
    return known.get(seq)?.leaf;
  };
}
