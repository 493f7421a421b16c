import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNats, ensureStreams, makeLogger, makeSeats, type Nats } from "@waybill/runtime";
import { startNatsServer, type Engine } from "@waybill/runtime/engines";
import { afterAll, beforeAll, expect, it } from "vitest";
import { factOf, RawClient, startTestIngress, type TestIngress } from "./testing.ts";

const LIMIT = 7;
const log = makeLogger("silent", "test");
let folder: string;
let engine: Engine;
const connections: Nats[] = [];
const doors: TestIngress[] = [];

/** An ingress with a connection of its own to the one NATS, as another process has it. */
async function startDoor(): Promise<TestIngress> {
  const nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
  const seats = makeSeats(nats, log, { seconds: 2, repeatedMs: 500 });
  const door = await startTestIngress({}, {}, { seats });
  connections.push(nats);
  doors.push(door);
  return door;
}

const limit = (door: TestIngress, connectionsAtOnce: number) =>
  door.directory.apply(
    factOf("acme", "limits", "limits", {
      kind: "limits",
      id: "limits",
      connections: connectionsAtOnce,
    }),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-seats-"));
  engine = await startNatsServer({ folder, log });
  for (const door of [await startDoor(), await startDoor()]) limit(door, LIMIT);
});

afterAll(async () => {
  await Promise.all(doors.map((door) => door.drain()));
  await Promise.all(connections.map((nats) => nats.close()));
  await engine.stop();
  rmSync(folder, { recursive: true });
});

/** A connection that has begun a message, and what it was told. */
async function begin({ port }: TestIngress): Promise<{ client: RawClient; told: string }> {
  const client = await RawClient.greeted(port);
  const told = await client.say("MAIL FROM:<a@x.test>");
  return { client, told: told.slice(0, 3) };
}

/** Begins as often as it takes until one is let in: others give their seats back after they are closed. */
async function beginSoon(door: TestIngress): Promise<RawClient> {
  for (;;) {
    const { client, told } = await begin(door);
    if (told === "250") return client;
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it("of many connections to two ingresses exactly as many are let in as the limit says", async () => {
  const all = await Promise.all(
    doors.flatMap((door) => Array.from({ length: 10 }, () => begin(door))),
  );
  expect(all.filter(({ told }) => told === "250")).toHaveLength(LIMIT);
  expect(all.filter(({ told }) => told === "421")).toHaveLength(20 - LIMIT);
  for (const { client } of all) client.close();
  const again = await Promise.all(doors.map(beginSoon));
  for (const client of again) client.close();
});

it("connections that were open before there was a limit count", async () => {
  const [first, second] = doors;
  if (first === undefined || second === undefined) throw new Error("two doors");
  for (const door of doors) door.directory.apply(factOf("acme", "limits", "limits"));
  const open = [await beginSoon(first), await beginSoon(first)];
  limit(first, 2);
  limit(second, 2);
  await expect.poll(async () => (await begin(second)).told).toBe("421");
  for (const client of open) client.close();
  (await beginSoon(second)).close();
});

it("those of a process that is gone without a word count until its lease ends", async () => {
  for (const door of doors) limit(door, 2);
  const gone = await startDoor();
  limit(gone, 2);
  await beginSoon(gone);
  await beginSoon(gone);
  const [first] = doors;
  if (first === undefined) throw new Error("a door");
  expect((await begin(first)).told).toBe("421");
  await connections.at(-1)?.close();
  (await beginSoon(first)).close();
});
