import type { ErasedRecord, MailEvent } from "@waybill/schemas";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appendErased } from "../erasure/append.ts";
import { overwriteOriginals } from "../erasure/overwrite.ts";
import { indexErased } from "../erasure/records.ts";
import { readOne } from "../replay.ts";
import { purgeEvents } from "../retention/purge.ts";
import { STREAMS } from "../streams.ts";
import { type LogServer, startLog } from "../testing/log-server.ts";
import { leafOf } from "./leaf.ts";
import { append, seal, verified } from "./testing/kit.ts";

let log: LogServer;
/** Sequences of ten events of the tenant. */
let seqs: number[];

beforeEach(async () => {
  log = await startLog();
  seqs = [];
  for (let nth = 0; nth < 10; nth += 1) seqs.push(await append(log.nats, "a", `event ${nth}`));
  await seal(log.nats);
});
afterEach(() => log[Symbol.asyncDispose]());

const at = (nth: number): number => seqs[nth] ?? 0;

/** Records what is left of an event. */
async function record(nth: number): Promise<ErasedRecord> {
  const seq = at(nth);
  const { subject = "", data = new Uint8Array() } =
    (await readOne(log.nats, STREAMS.mail, seq)) ?? {};
  const messageId = `01J${String(nth).padStart(23, "0")}`;
  const event = { messageId, erased: true } as MailEvent;
  const what = { seq, subject, messageId, event, tenant: "a", leaf: leafOf(subject, data) };
  const left = { ...what, keptAt: new Date().toISOString(), chunks: [], by: "test" };
  await appendErased(log.nats, "a", [left], (await indexErased(log.nats, "a")).last);
  return left;
}

const erase = async (nth: number) => overwriteOriginals(log.nats, [await record(nth)]);
const sweep = (nth: number) =>
  purgeEvents(log.nats, "a", { until: at(nth), before: new Date(Date.now() + 1000) });
const found = async () => (await verified(log.nats))["a"];

it("stays whole when events are erased, some of them in part only, and a sweep removes its start", async () => {
  for (const nth of [0, 2, 5, 9]) await erase(nth);
  await record(6);
  expect(await found()).toMatchObject({ events: 6, erased: 4, removed: 0 });
  expect(await found()).not.toHaveProperty("fault");
  await sweep(4);
  expect(await found()).toMatchObject({ events: 4, erased: 2, removed: 4 });
  await erase(4);
  await erase(6);
  await append(log.nats, "a", "later");
  await seal(log.nats);
  expect(await found()).toMatchObject({ events: 3, erased: 4, removed: 4, notSealed: 0 });
  expect(await found()).not.toHaveProperty("fault");
  await sweep(9);
  expect(await found()).toMatchObject({ events: 1, erased: 1, removed: 9 });
  expect(await found()).not.toHaveProperty("fault");
});

it("still tells what was taken away beside it", async () => {
  await erase(5);
  await sweep(3);
  await log.nats.jsm.streams.deleteMessage(STREAMS.mail, at(6));
  expect((await found())?.fault).toMatchObject({ why: "missing event", seq: at(6) });
});
