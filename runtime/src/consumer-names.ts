import type { Nats } from "./nats.ts";

/** Milliseconds one question to the cluster may take before it is asked again. */
const ASKING = { timeout: 2000 };

/**
 * The names of a stream's consumers, as the leader of the cluster knows them. A list with what they
 * hold would leave out those that have no leader at the moment.
 */
export async function consumerNames({ nc }: Nats, stream: string): Promise<string[]> {
  const names: string[] = [];
  for (let total = 1; names.length < total;) {
    const question = JSON.stringify({ offset: names.length });
    const answer = await nc.request(`$JS.API.CONSUMER.NAMES.${stream}`, question, ASKING);
    const said = answer.json<{ total?: number; consumers?: string[] | null; error?: object }>();
    if (said.error !== undefined || said.total === undefined)
      throw new Error("the names of the consumers are not told", { cause: said.error });
    if (!said.consumers?.length) break;
    names.push(...said.consumers);
    total = said.total;
  }
  return names;
}
