import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { directGet } from "./direct-get.ts";
import type { Engine } from "./engines/engine.ts";
import { startNatsServer } from "./engines/nats-server.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";
import { ensureStreams, STREAMS } from "./streams.ts";

const log = makeLogger("silent", "test");
let folder: string;
let engine: Engine;
let nats: Nats;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-direct-get-"));
  engine = await startNatsServer({ folder, log });
  nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
});

afterAll(async () => {
  await nats.close();
  await engine.stop();
  await rm(folder, { recursive: true });
});

/** Subscriptions of the connection. */
const listening = (): number =>
  (
    nats.nc as unknown as { protocol: { subscriptions: { size(): number } } }
  ).protocol.subscriptions.size();

test("what is there is read, and nothing goes on listening afterwards", async () => {
  const of = (subject: string) => directGet(nats, STREAMS.mail, { multi_last: [subject] });
  await nats.js.publish("mail.fact.0.t.delivered", "one");
  await nats.js.publish("mail.fact.0.t.failed", "two");
  expect(await of("mail.fact.0.nobody.*")).toEqual([]);
  const before = listening();
  for (let at = 0; at < 5; at += 1) {
    expect((await of("mail.fact.0.t.*")).map((one) => one.string())).toEqual(["one", "two"]);
    expect(await of("mail.fact.0.nobody.*")).toEqual([]);
  }
  expect(listening()).toBe(before);
});
