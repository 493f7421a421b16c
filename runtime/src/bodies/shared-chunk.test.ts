import { randomBytes } from "node:crypto";
import type { BodyRefOf, MessageId } from "@waybill/schemas";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { newMessageId } from "../ids.ts";
import { LogUnavailable } from "../log.ts";
import { makeLogger } from "../logger.ts";
import { STREAMS } from "../streams.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { openBodies } from "./open.ts";
import { BodyDamaged, type BodyStore } from "./store.ts";

type Ref = BodyRefOf<"jetstream">;

let server: LogServer;
let bodies: BodyStore;

beforeAll(async () => {
  server = await startLog();
  bodies = openBodies({
    config: readConfig({}),
    nats: server.nats,
    log: makeLogger("silent", "test"),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const keep = async (bytes: Buffer, tenant = "t1", messageId = newMessageId()) => {
  const source = (async function* () {
    yield bytes;
  })();
  return (await bodies.write({ tenant, messageId }, source)) as Ref;
};
const read = async (ref: Ref, tenant = "t1") =>
  Buffer.concat(await bodies.read(tenant, ref).toArray());
const chunkOf = async ({ chunks: [seq = 0] }: Ref) =>
  Buffer.from((await server.nats.jsm.streams.getMessage(STREAMS.bodies, { seq }))?.data ?? []);

/** Fills the line of what goes to BODIES until it is told to go on. */
function hold(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const line = server.nats.inFlight(STREAMS.bodies);
  for (let place = 0; place < line.concurrency; place += 1) void line(() => promise);
  return resolve;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

type Given = { tenant?: string; messageId?: MessageId; bytes: Buffer };

/** Keeps bodies that come in while a chunk of their tenant is on its way. */
async function keepTogether(given: readonly Given[]): Promise<Ref[]> {
  const go = hold();
  const tenants = new Set(given.map(({ tenant }) => tenant ?? "t1"));
  const before = [...tenants].map((tenant) => keep(Buffer.from("before"), tenant));
  await turns(20);
  const kept = given.map(({ tenant, bytes, messageId }) => keep(bytes, tenant, messageId));
  await turns(20);
  go();
  await Promise.all(before);
  return Promise.all(kept);
}

const small = (count: number, tenant = "t1") =>
  Array.from({ length: count }, (_, index) => ({ tenant, bytes: randomBytes(2000 + index) }));

test("those of a tenant that come in while its chunk before is on its way share one", async () => {
  const given = small(10);
  const refs = await keepTogether(given);
  expect(new Set(refs.map(({ chunks: [seq] }) => seq)).size).toBe(1);
  const found = await Promise.all(refs.map((ref) => read(ref)));
  expect(found).toEqual(given.map(({ bytes }) => bytes));
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
  expect(Math.max(...sizes)).toBeLessThanOrEqual(160 * 1024);
  expect(new Set(refs.map(({ chunks: [seq] }) => seq)).size).toBeLessThan(20);
});

test.each([
  ["alone, and then with others", false, true],
  ["with others, and then alone", true, false],
  ["with others both times", true, true],
])("a message that is kept twice is itself both times: %s", async (_, ...shared) => {
  const [messageId, bytes] = [newMessageId(), randomBytes(3000)];
  for (const isShared of shared) {
    const [others, mine] = [isShared ? small(3) : [], { messageId, bytes }];
    const [ref, ...rest] = await keepTogether([mine, ...others]);
    expect(ref && (await read(ref))).toEqual(bytes);
    const found = await Promise.all(rest.map((one) => read(one)));
    expect(found).toEqual(others.map((one) => one.bytes));
  }
});

test("a log that does not take a chunk is told to all whom it concerns, and to nobody after", async () => {
  const { nats } = server;
  const config = await nats.jsm.streams.info(STREAMS.bodies);
  await nats.jsm.streams.update(STREAMS.bodies, { ...config.config, max_msg_size: 1000 });
  const refused = await Promise.allSettled(small(3).map(({ bytes }) => keep(bytes)));
  expect(refused.map((one) => one.status === "rejected" && one.reason)).toEqual(
    Array.from({ length: 3 }, () => expect.any(LogUnavailable)),
  );
  await nats.jsm.streams.update(STREAMS.bodies, config.config);
  const bytes = randomBytes(2000);
  expect(await read(await keep(bytes))).toEqual(bytes);
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
