import { Directory } from "@waybill/runtime";
import { ownMetrics } from "@waybill/runtime/metrics";
import type { Breaker, ControlFact } from "@waybill/schemas";
import { expect, test } from "vitest";
import { tellBreakers } from "./metrics.ts";

const SINCE = "2026-01-01T00:00:00.000Z";

function factOf(state: Breaker["state"], senderDomain?: string): ControlFact {
  const id = senderDomain === undefined ? "p" : `p@${senderDomain}`;
  const of = { kind: "breaker", id, provider: "p", owner: "tenant", settings: 0 } as const;
  const entity = { ...of, state, since: SINCE, opens: 1, ...(senderDomain && { senderDomain }) };
  const change = { time: SINCE, actor: "system", reason: "test" };
  return { tenant: "a", kind: "breaker", id, entity, ...change };
}

const told = async (): Promise<string[]> =>
  (await ownMetrics()).split("\n").filter((line) => line.startsWith("waybill_breaker_state{"));

test("a scrape is told the state that each breaker has, before and after it changes", async () => {
  const directory = new Directory();
  directory.apply(factOf("open"));
  const stop = tellBreakers(directory);
  expect(await told()).toEqual(['waybill_breaker_state{tenant="a",provider="p",state="open"} 1']);
  directory.apply(factOf("open", "refused.test"));
  directory.apply(factOf("half_open"));
  expect(await told()).toEqual([
    'waybill_breaker_state{tenant="a",provider="p",state="half_open"} 1',
  ]);
  directory.apply({ ...factOf("closed"), entity: null });
  expect(await told()).toEqual([]);
  stop();
});
