import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, startNatsServer } from "./engines/mod.ts";
import { newMessageId } from "./ids.ts";
import { makeLogger } from "./logger.ts";
import { type LoginCounts, makeLoginCounts } from "./login-counts.ts";
import { connectNats, type Nats } from "./nats.ts";
import { makeSessionStore, type Session, type SessionStore } from "./sessions.ts";
import { ensureStreams } from "./streams.ts";

const log = makeLogger("silent", "test");
let folder: string;
let engine: Engine;
let nats: Nats;
let store: SessionStore;
let counts: LoginCounts;

async function start(): Promise<void> {
  engine = await startNatsServer({ folder, log });
  nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
  store = makeSessionStore(nats);
  counts = makeLoginCounts(nats);
}
async function stop(): Promise<void> {
  await nats.close();
  await engine.stop();
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-sessions-"));
  await start();
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

const session: Session = {
  user: "ann",
  tenant: "a",
  familyHash: "f",
  tokenHash: "1",
  startedAt: "2026-01-01T00:00:00.000Z",
};

test("a session is what its last writer left, also after a restart of all", async () => {
  const id = newMessageId();
  await store.create(id, session);
  const first = await store.read(id);
  const next = { ...session, tokenHash: "2" };
  expect(await store.replace(id, next, first?.version ?? 0)).toBe(true);
  await stop();
  await start();
  expect((await store.read(id))?.session).toEqual(next);
});

test("of many who change the same version one does", async () => {
  const id = newMessageId();
  await store.create(id, session);
  const version = (await store.read(id))?.version ?? 0;
  const change = (at: number) => store.replace(id, { ...session, tokenHash: `${at}` }, version);
  const done = await Promise.all(Array.from({ length: 20 }, (_, at) => change(at)));
  expect(done.filter(Boolean)).toHaveLength(1);
  expect((await store.read(id))?.session.tokenHash).toBe(`${done.indexOf(true)}`);
});

test("a change whose answer was lost is known again when it is repeated", async () => {
  const id = newMessageId();
  await store.create(id, session);
  const { version } = (await store.read(id)) ?? { version: 0 };
  const next = { ...session, tokenHash: "2" };
  expect(await store.replace(id, next, version)).toBe(true);
  expect(await store.replace(id, next, version)).toBe(true);
});

test("what is over stays over", async () => {
  const id = newMessageId();
  await store.create(id, session);
  const version = (await store.read(id))?.version ?? 0;
  await store.end(id);
  expect(await store.replace(id, session, version)).toBe(false);
  expect(await store.read(id)).toBeUndefined();
});

test.each(["", "*", ">", "a.b", "x y", newMessageId()])("%j is no session", async (id) => {
  expect(await store.read(id)).toBeUndefined();
});

test("every one of many who count at once is told another total", async () => {
  const other = makeLoginCounts(nats);
  const adding = Array.from({ length: 50 }, (_, at) => (at % 2 ? other : counts).add("k", 1, 1));
  const totals = (await Promise.all(adding)).toSorted((a, b) => a - b);
  expect(totals).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
  expect(await counts.add("k", 1, -1)).toBe(49);
  expect(await counts.add("k", 2, 1)).toBe(1);
  expect(await counts.add("other", 1, 1)).toBe(1);
});
