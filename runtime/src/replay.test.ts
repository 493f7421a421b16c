import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Engine } from "./engines/engine.ts";
import { startNatsServer } from "./engines/nats-server.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";
import type { Stored } from "./read-stream.ts";
import { replay } from "./replay.ts";

const log = makeLogger("silent", "test");
const MANY = 3000;
let folder: string;
let engine: Engine;
let nats: Nats;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-replay-"));
  engine = await startNatsServer({ folder, log });
  nats = await connectNats(engine.url, "test", log);
  await nats.jsm.streams.add({ name: "S", subjects: ["s.*"], allow_direct: true });
});

afterAll(async () => {
  await nats.close();
  await engine.stop();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  await nats.jsm.streams.purge("S");
  const payload = "x".repeat(200);
  const append = () => nats.js.publish("s.a", payload, { timeout: 60_000 });
  for (let at = 0; at < MANY; at += 100) await Promise.all(Array.from({ length: 100 }, append));
}, 120_000);

const lastSeq = async () => (await nats.jsm.streams.info("S")).state.last_seq;

/** Reads all, and does something once after so many. */
async function readAll(from: Nats, after: number, act: () => Promise<unknown>): Promise<number[]> {
  const seqs: number[] = [];
  const source: AsyncGenerator<Stored> = replay(from, { stream: "S", filters: ["s.a"] });
  for await (const { seq } of source) {
    seqs.push(seq);
    if (seqs.length === after) await act();
  }
  return seqs;
}

const nothing = () => Promise.resolve();

test("reads all there is, in order", async () => {
  const seqs = await readAll(nats, 1, nothing);
  expect(seqs).toHaveLength(MANY);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
});

test("ends when all that was to come is purged while it reads", { timeout: 60_000 }, async () => {
  const seqs = await readAll(nats, 1, () => nats.jsm.streams.purge("S", { filter: "s.a" }));
  expect(seqs.length).toBeLessThan(MANY);
});

test("ends when only the last ones are deleted while it reads", { timeout: 60_000 }, async () => {
  const last = await lastSeq();
  const seqs = await readAll(nats, 1, async () => {
    for (let seq = last; seq > last - 5; seq -= 1) await nats.jsm.streams.deleteMessage("S", seq);
  });
  expect(seqs).toHaveLength(MANY - 5);
});

test("ends when a message of another subject has the last sequence", async () => {
  await nats.js.publish("s.b", "");
  expect(await readAll(nats, 1, nothing)).toHaveLength(MANY);
});

/** A way to the server that can be cut. */
async function cuttable() {
  const { hostname, port, username, password } = new URL(engine.url);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const login = username === "" ? "" : `${username}:${password}@`;
  const url = `nats://${login}127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return { url, cut, close: () => (proxy.close(), cut()) };
}

test("goes on when the connection is lost and comes back", { timeout: 60_000 }, async () => {
  const way = await cuttable();
  const other = await connectNats(way.url, "test", log);
  const seqs = await readAll(other, 10, async () => way.cut());
  expect(new Set(seqs).size).toBe(MANY);
  expect(seqs).toHaveLength(MANY);
  await other.close();
  way.close();
});

test("fails when the connection is closed in the middle", { timeout: 60_000 }, async () => {
  const other = await connectNats(engine.url, "test", log);
  await expect(readAll(other, 10, () => other.close())).rejects.toThrow("closed");
});
