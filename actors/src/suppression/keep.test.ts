import { afterEach, beforeEach, expect, test } from "vitest";
import {
  lastFact,
  makeLogger,
  type Nats,
  ownFact,
  putEntity,
  suppressionIdOf,
} from "@waybill/runtime";
import { type LogServer, startLog } from "@waybill/runtime/testing/log";
import type { DeliveryFailed, Suppression } from "@waybill/schemas";
import { keepLearnt } from "./keep.ts";

const log = makeLogger("silent", "test");
const ADDRESS = "Gone@Y.test";
const ID = suppressionIdOf(ADDRESS);
let server: LogServer;
let nats: Nats;

beforeEach(async () => {
  server = await startLog();
  nats = server.nats;
});
afterEach(() => server[Symbol.asyncDispose]());

const bounce = (time: string): DeliveryFailed => ({
  type: "failed",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  tenant: "t1",
  time,
  traceId: "0".repeat(32),
  attempt: 1,
  provider: { id: "p", kind: "smtp" },
  route: { because: "test" },
  durationMs: 1,
  outcomes: [
    {
      recipient: ADDRESS,
      class: "permanent_recipient",
      category: "invalid_recipient",
      response: "550 5.1.1 no such user",
    },
  ],
});

const directory = { tenant: () => undefined, lastSeq: () => 0, count: () => 0 };
const learnt = (time: string) => keepLearnt({ nats, log, directory }, bounce(time));
const last = () => lastFact(nats, "t1", "suppression", ID);
const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const removed = () =>
  putEntity(nats, { ...ownFact("t1", entity(), "removed by hand"), entity: null });
const entity = (more: Partial<Suppression> = {}): Suppression => ({
  kind: "suppression",
  id: ID,
  address: "gone@y.test",
  reason: "manual",
  origin: "manual",
  at: minutesFromNow(-60),
  ...more,
});

test("a mailbox that is not there is kept once, however often the fact comes", async () => {
  const at = minutesFromNow(-1);
  await Promise.all([learnt(at), learnt(at)]);
  const first = await last();
  await learnt(at);
  expect(await last()).toEqual(first);
  expect(first?.fact.entity).toMatchObject({
    address: "gone@y.test",
    reason: "hard_bounce",
    origin: "smtp",
    category: "invalid_recipient",
    at,
  });
});

test("a removal by hand is not undone by an older fact, and is by a newer one", async () => {
  await learnt(minutesFromNow(-1));
  await removed();
  await learnt(minutesFromNow(-1));
  expect((await last())?.fact.entity).toBeNull();
  await learnt(minutesFromNow(1));
  expect((await last())?.fact.entity).toMatchObject({ reason: "hard_bounce" });
});

test("what people said without an end stays, and what ends is said anew", async () => {
  await putEntity(nats, ownFact("t1", entity(), "by hand"));
  await learnt(minutesFromNow(1));
  expect((await last())?.fact.entity).toMatchObject({ reason: "manual" });
  await putEntity(nats, ownFact("t1", entity({ expiresAt: minutesFromNow(0) }), "for a while"));
  await learnt(minutesFromNow(1));
  expect((await last())?.fact.entity).toMatchObject({ reason: "hard_bounce" });
});

test("the list of a deleted tenant, and a full one, get nothing more", async () => {
  const gone = { ...directory, lastSeq: () => 7 };
  await keepLearnt({ nats, log, directory: gone }, bounce(minutesFromNow(-1)));
  const full = { ...directory, count: () => 100_000 };
  await keepLearnt({ nats, log, directory: full }, bounce(minutesFromNow(-1)));
  expect(await last()).toBeUndefined();
});
