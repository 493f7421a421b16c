import { DeliverPolicy } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Nats } from "./nats.ts";
import { replay } from "./replay.ts";
import { otherLog } from "./same-log.ts";
import { STREAMS } from "./streams.ts";
import { startLog } from "./testing/log-server.ts";

const COUNT = 1000;

let server: Awaited<ReturnType<typeof startLog>>;
let nats: Nats;
/** When a reader was told of each event, by its sequence. */
const told = new Map<number, Date>();

beforeAll(async () => {
  server = await startLog();
  nats = server.nats;
  const publish = () => nats.js.publish("mail.fact.0.acme.delivered", "{}");
  for (let at = 0; at < COUNT; at += 10) await Promise.all(Array.from({ length: 10 }, publish));
  const consumer = await nats.js.consumers.get(STREAMS.mail, { deliver_policy: DeliverPolicy.All });
  for await (const { seq, time } of await consumer.fetch({ max_messages: COUNT }))
    told.set(seq, time);
});
afterAll(() => server[Symbol.asyncDispose]());

const why = (seq: number, time: Date | undefined) => otherLog(nats, STREAMS.mail, { seq, time });
const later = (seq: number, by: number) => new Date((told.get(seq)?.getTime() ?? 0) + by);

it("takes each event for itself, whoever told its time", async () => {
  expect(told.size).toBe(COUNT);
  for (const [seq, time] of told) expect(await why(seq, time)).toBeUndefined();
  for await (const { seq, time } of replay(nats, { stream: STREAMS.mail, filters: ["mail.>"] }))
    expect(await why(seq, time)).toBeUndefined();
});

it("says that the log ends before, or has another event there", async () => {
  expect(await why(COUNT + 1, undefined)).toBe(`it ends at ${COUNT}, they at ${COUNT + 1}`);
  expect(await why(500, later(500, -60_000))).toBe("it has another event at 500");
});

it("has nothing against a log of which nothing is known yet", async () => {
  expect(await why(0, undefined)).toBeUndefined();
  expect(await why(500, undefined)).toBeUndefined();
});

it("goes by those before an event that is gone", async () => {
  await nats.jsm.streams.deleteMessage(STREAMS.mail, 600);
  expect(await why(600, told.get(600))).toBeUndefined();
  expect(await why(600, later(1, -60_000))).toBe("it has later events from 1 on, they end at 600");
  await nats.jsm.streams.purge(STREAMS.mail, { seq: 601 });
  expect(await why(600, told.get(600))).toBeUndefined();
  await nats.jsm.streams.purge(STREAMS.mail);
  expect(await why(COUNT, told.get(COUNT))).toBeUndefined();
});
