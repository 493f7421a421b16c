import { JetStreamApiError } from "@nats-io/jetstream";
import type { Nats } from "../nats.ts";
import { replay } from "../replay.ts";

/** The stream of what was erased: `erased.<tenant>`, `{seq, tenant, leaf, ...}`. */
const ERASED = "ERASED";

type Erased = { seq: number; leaf: string };

const NO_SUCH_STREAM = 10059;

const isNoStream = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === NO_SUCH_STREAM;

async function readErased(nats: Nats, tenant: string): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  try {
    const filters = [`erased.${tenant}`];
    for await (const record of replay(nats, { stream: ERASED, filters })) {
      const { seq, leaf } = record.json<Erased>();
      found.set(seq, leaf);
    }
  } catch (error) {
    if (!isNoStream(error)) throw error;
  }
  return found;
}

/** Answers which leaf the record of an erased event of a tenant names; reads the records when one is asked for. */
export function erasedLeaves(nats: Nats, tenant: string) {
  let known = new Map<number, string>();
  return async (seq: number): Promise<string | undefined> => {
    if (!known.has(seq)) known = await readErased(nats, tenant);
    return known.get(seq);
  };
}
