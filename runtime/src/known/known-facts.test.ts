import { laneOf, type MailEvent } from "@waybill/schemas";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newMessageId } from "../ids.ts";
import { makeLog, type Log } from "../log.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { KnownFacts } from "./known-facts.ts";
import { events, heapInUse } from "./testing.ts";

const LANES = 16;
let server: LogServer;
let log: Log;

beforeAll(async () => {
  server = await startLog();
  log = makeLog(server.nats, LANES);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const factsOf = (tenant: string) =>
  new KnownFacts({ nats: server.nats, lane: laneOf(tenant, LANES), tenant });

async function appendAll(all: readonly MailEvent[]): Promise<number[]> {
  const seqs: number[] = [];
  for (let at = 0; at < all.length; at += 500)
    seqs.push(...(await Promise.all(all.slice(at, at + 500).map((one) => log.append(one)))));
  return seqs;
}

test("of an item that was acted on before a moment, all is known; of another, nothing", async () => {
  const { accepted, delivered } = events("before");
  const [done, left] = [accepted(newMessageId()), accepted(newMessageId())];
  const [since = 0, sinceLeft = 0, , through = 0] = await appendAll([
    done,
    left,
    delivered(done.messageId),
    delivered(newMessageId()),
  ]);
  const facts = factsOf("before");
  expect(await facts.before(done, since, through)).toEqual([delivered(done.messageId)]);
  expect(await facts.before(left, sinceLeft, through)).toEqual([]);
});

test("an item was acted on before a moment at which its timer was set and has not fired", async () => {
  const { accepted, due } = events("timed");
  const item = accepted(newMessageId());
  const since = await log.append(item);
  const timer = due(item.messageId, 2);
  await log.schedule(timer, new Date(Date.now() + 60_000));
  expect(await factsOf("timed").before(item, since, since + 1)).toEqual([timer]);
});

test("what happens after a moment is read for a later moment", async () => {
  const { accepted, delivered } = events("later");
  const item = accepted(newMessageId());
  const since = await log.append(item);
  const facts = factsOf("later");
  expect(await facts.before(item, since, since)).toEqual([]);
  const through = await log.append(delivered(item.messageId));
  expect(await facts.before(item, since, through)).toEqual([delivered(item.messageId)]);
});

test("an item that is older than all that was asked about is read for as well", async () => {
  const { accepted, delivered } = events("older");
  const [old, young] = [accepted(newMessageId()), accepted(newMessageId())];
  const [since = 0, , sinceYoung = 0, through = 0] = await appendAll([
    old,
    delivered(old.messageId),
    young,
    delivered(newMessageId()),
  ]);
  const facts = factsOf("older");
  expect(await facts.before(young, sinceYoung, through)).toEqual([]);
  expect(await facts.before(old, since, through)).toEqual([delivered(old.messageId)]);
});

test("of an item that may have been acted on until now, what came since the last question is known as well", async () => {
  const { accepted, dead, delivered, due } = events("by-now");
  const items = Array.from({ length: 4 }, () => accepted(newMessageId()));
  const seqs = await appendAll(items);
  await appendAll(Array.from({ length: 10_001 }, () => dead(newMessageId())));
  const facts = factsOf("by-now");
  const ask = (at: number, of = facts) => of.byNow(items[at] ?? accepted(""), seqs[at] ?? 0);
  const idOf = (at: number) => items[at]?.messageId ?? "";
  expect(await ask(0)).toEqual([]);
  await log.append(delivered(idOf(1)));
  const timer = due(idOf(2), 2);
  await log.schedule(timer, new Date(Date.now() + 60_000));
  expect(await Promise.all([1, 2, 3].map((at) => ask(at)))).toEqual([
    [delivered(idOf(1))],
    [timer],
    [],
  ]);
  // Put back: asked about again, and what was recorded meanwhile is known.
  expect(await ask(3)).toEqual([]);
  await log.append(delivered(idOf(3)));
  expect(await ask(3)).toEqual([delivered(idOf(3))]);
  // The younger one first, and then one that is older than all that was read.
  const others = factsOf("by-now");
  expect([await ask(3, others), await ask(1, others)]).toEqual([
    [delivered(idOf(3))],
    [delivered(idOf(1))],
  ]);
  expect(facts.octets).toBeGreaterThan(40_000);
});

test("memory does not grow with what was done since the oldest item that waits", async () => {
  const { accepted, dead } = events("long");
  const item = accepted(newMessageId());
  const since = await log.append(item);
  const done = Array.from({ length: 5000 }, () => dead(newMessageId(), "x".repeat(2000)));
  const through = (await appendAll(done)).at(-1) ?? 0;
  const last = done.at(-1)?.messageId ?? "";
  const facts = factsOf("long");
  const before = heapInUse();
  expect(await facts.before(item, since, through)).toEqual([]);
  expect(await facts.of(last, since)).toEqual([done.at(-1)]);
  // What was read is 11 MB.
  expect(heapInUse() - before).toBeLessThan(3 * 2 ** 20);
  expect(facts.octets).toBeLessThan(64 * 1024);
});
