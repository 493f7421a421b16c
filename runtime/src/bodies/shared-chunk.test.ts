import { randomBytes } from "node:crypto";
import type { BodyRefOf } from "@waybill/schemas";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { newMessageId } from "../ids.ts";
import { makeLogger } from "../logger.ts";
import { connectNats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { openBodies } from "./open.ts";
import { BodyDamaged, type BodyStore } from "./store.ts";

type Ref = BodyRefOf<"jetstream">;

const log = makeLogger("silent", "test");
let server: LogServer;
let bodies: BodyStore;

beforeAll(async () => {
  server = await startLog();
  bodies = openBodies({ config: readConfig({}), nats: server.nats, log });
});
afterAll(() => server[Symbol.asyncDispose]());

const keep = async (bytes: Buffer, tenant = "t1", to = bodies) => {
  const source = (async function* () {
    yield bytes;
  })();
  return (await to.write({ tenant, messageId: newMessageId() }, source)) as Ref;
};
const read = async (ref: Ref, tenant = "t1") =>
  Buffer.concat(await bodies.read(tenant, ref).toArray());
const chunkOf = async ({ chunks: [seq = 0] }: Ref) =>
  Buffer.from((await server.nats.jsm.streams.getMessage(STREAMS.bodies, { seq }))?.data ?? []);

/** Fills the line of what goes to a stream until it is told to go on. */
function hold(stream: string, nats = server.nats): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const line = nats.inFlight(stream);
  for (let place = 0; place < line.concurrency; place += 1) void line(() => promise);
  return resolve;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

/** Keeps bodies that come in while events wait in line. */
async function keepTogether(given: readonly { tenant?: string; bytes: Buffer }[]): Promise<Ref[]> {
  const go = hold(STREAMS.mail);
  const kept = given.map(({ tenant, bytes }) => keep(bytes, tenant));
  await turns(1);
  go();
  return Promise.all(kept);
}

const small = (count: number, tenant = "t1") =>
  Array.from({ length: count }, (_, index) => ({ tenant, bytes: randomBytes(2000 + index) }));

test("those of a tenant that come in while its events wait share a chunk", async () => {
  const given = small(10);
  const refs = await keepTogether(given);
  expect(new Set(refs.map(({ chunks: [seq] }) => seq)).size).toBe(1);
  const found = await Promise.all(refs.map((ref) => read(ref)));
  expect(found).toEqual(given.map(({ bytes }) => bytes));
});

test("those that come in while the chunk before is on its way share the next", async () => {
  const go = hold(STREAMS.bodies);
  const first = keep(randomBytes(100));
  await turns(20);
  const second = keep(randomBytes(200));
  await turns(1);
  const third = keep(randomBytes(300));
  go();
  const [one, two, three] = await Promise.all([first, second, third]);
  expect(one.shared).toBeUndefined();
  expect(two.chunks).toEqual(three.chunks);
});

test("one that comes alone has a chunk for itself, as it is", async () => {
  const bytes = randomBytes(4000);
  const ref = await keep(bytes);
  expect(ref).not.toHaveProperty("shared");
  expect(await chunkOf(ref)).toEqual(bytes);
});

test("tenants never share one", async () => {
  const refs = await keepTogether([...small(3, "t1"), ...small(3, "t2")]);
  const [ours, theirs] = [refs.slice(0, 3), refs.slice(3)].map((some) =>
    some.map(({ chunks: [seq] }) => seq),
  );
  expect(new Set(ours).size + new Set(theirs).size).toBe(2);
  expect(ours).not.toContain(theirs?.[0]);
  const [foreign] = refs;
  await expect(foreign && read(foreign, "t2")).rejects.toThrow(BodyDamaged);
});

test("without its key nothing of a body can be read, and the others still can", async () => {
  const given = Array.from({ length: 3 }, (_, index) => ({ bytes: Buffer.alloc(500, `${index}`) }));
  const [first, ...others] = await keepTogether(given);
  if (first?.shared === undefined) throw new Error("it does not share a chunk");
  const chunk = await chunkOf(first);
  expect(given.some(({ bytes }) => chunk.includes(bytes.subarray(0, 8)))).toBe(false);
  const key = others[0]?.shared?.key ?? "";
  expect(key).not.toBe(first.shared.key);
  await expect(read({ ...first, shared: { ...first.shared, key } })).rejects.toThrow(BodyDamaged);
  expect(await Promise.all(others.map((ref) => read(ref)))).toEqual(
    given.slice(1).map(({ bytes }) => bytes),
  );
});

test("each is damaged when their chunk is lost", async () => {
  const refs = await keepTogether(small(3));
  const [seq = 0] = refs[0]?.chunks ?? [];
  await server.nats.jsm.streams.deleteMessage(STREAMS.bodies, seq);
  for (const ref of refs) await expect(read(ref)).rejects.toThrow(BodyDamaged);
});

test("no chunk outgrows what a message of the log may hold", async () => {
  const given = Array.from({ length: 40 }, () => ({ bytes: randomBytes(16 * 1024) }));
  const refs = await keepTogether(given);
  const sizes = await Promise.all(refs.map(async (ref) => (await chunkOf(ref)).length));
  expect(Math.max(...sizes)).toBeLessThan(128 * 1024);
  expect(new Set(refs.map(({ chunks: [seq] }) => seq)).size).toBeLessThan(20);
});

test("events that get nowhere do not hold a body back", async () => {
  const nats = await connectNats(server.url, "test", log);
  const go = hold(STREAMS.mail, nats);
  const stuck = openBodies({ config: readConfig({}), nats, log });
  const bytes = randomBytes(100);
  expect(await read(await keep(bytes, "t1", stuck))).toEqual(bytes);
  go();
  await nats.close();
});

test("whatever comes together is given back as it was", async () => {
  const one = fc.record({
    tenant: fc.constantFrom("t1", "t2", "t3"),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat({ max: 40_000 }).map((size) => randomBytes(size)),
    ),
  });
  const some = fc.array(one, { maxLength: 25 });
  const holds = fc.asyncProperty(some, async (given) => {
    const all = given.map(({ tenant, bytes }) => ({ tenant, bytes: Buffer.from(bytes) }));
    const refs = await keepTogether(all);
    for (const [index, { tenant, bytes }] of all.entries()) {
      const ref = refs[index];
      expect(ref && (await read(ref, tenant))).toEqual(bytes);
    }
  });
  await fc.assert(holds, { numRuns: 40 });
});
