import { type Nats, readOne, STREAMS } from "@waybill/runtime";
import { readCheckpoint } from "@waybill/runtime/postgres";
import { type ErasedRecord, isWork } from "@waybill/schemas";
import { expect, it } from "vitest";
import type { Entry } from "../read-event.ts";
import { startTestEngines } from "../testing/engines.ts";
import { erasedOf, recordErased } from "../testing/erase.ts";
import { longHistory } from "../testing/history.ts";
import { World } from "../testing/world.ts";
import { BytesRemover } from "./bytes.ts";

const ADDRESS = "User0@m1.test";
const MESSAGE = { tenant: "globex", messageId: `01J${"1".padStart(23, "0")}` };

const bound = (of: object, value: unknown): unknown =>
  typeof value === "function" ? (value.bind(of) as unknown) : value;

/** The same object, but for one of its fields. */
const having = <T extends object, K extends keyof T & string>(all: T, name: K, one: T[K]): T =>
  new Proxy(all, {
    get: (of, key): unknown => (key === name ? one : bound(of, Reflect.get(of, key))),
  });

/** A log of which something is done before each deletion. */
function whenDeleting(nats: Nats, before: (stream: string) => Promise<unknown>): Nats {
  const { streams } = nats.jsm;
  const deleteMessage: typeof streams.deleteMessage = async (stream, ...which) => {
    await before(stream);
    return streams.deleteMessage(stream, ...which);
  };
  const slow = having(streams, "deleteMessage", deleteMessage);
  return { ...nats, jsm: having(nats.jsm, "streams", slow) };
}

/** What is left of the acceptance of a message, the record of that sequence. */
function entry(seq: number): Entry<ErasedRecord> {
  const event = longHistory(200, 3).filter(isWork)[seq];
  if (event === undefined) throw new Error("no history of so many");
  const { tenant, messageId } = event;
  const at = { seq, subject: "", keptAt: event.time, leaf: "", chunks: [], by: "test" };
  return { seq, event: { ...at, tenant, messageId, event } };
}

it("overwrites the bytes while the views go on, and no transaction is open", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  const { seq: chunk } = await nats.js.publish("body.0.globex", "a secret");
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = whenDeleting(nats, async (stream) => {
    if (stream !== STREAMS.bodies) return;
    begun.resolve();
    await goOn.promise;
  });
  const live = world.project(100, { writing: slow });
  await world.caughtUp(await world.append(longHistory(300, 3)));
  const last = await recordErased(nats, MESSAGE, erasedOf(ADDRESS), [chunk]);
  await begun.promise;
  const others = longHistory(100, 4).filter(({ messageId }) => messageId !== MESSAGE.messageId);
  await world.caughtUp(await world.append(others));
  await world.pool.query("SELECT FROM checkpoint WHERE name = 'erased' FOR UPDATE NOWAIT");
  expect(await readOne(nats, STREAMS.bodies, chunk)).toBeDefined();
  goOn.resolve();
  await world.erasedCaughtUp(last);
  expect(await readOne(nats, STREAMS.bodies, chunk)).toBeUndefined();
  expect(JSON.stringify(await world.rows()).toLowerCase()).not.toContain(ADDRESS.toLowerCase());
  await live.stop();
}, 30_000);

it("removes bytes once, however often the rows are waited for, but what it could not", async () => {
  await using engines = await startTestEngines();
  const asked: string[][] = [];
  let isAway = true;
  const remover = new BytesRemover(engines.nats, {
    remove: async (bodies) => {
      asked.push(bodies.map(({ messageId }) => messageId));
      if (isAway) throw new Error("the folder is away");
    },
  });
  const [one, other] = [entry(1), entry(2)];
  await expect(remover.remove([one])).rejects.toThrow("away");
  isAway = false;
  await remover.remove([one]);
  await remover.remove([one, other]);
  await remover.remove([one, other]);
  const [first, second] = [one, other].map(({ event }) => event.messageId);
  expect(asked).toEqual([[first], [first], [second], []]);
});

it("writes so few records in a transaction that nobody waits for long", async () => {
  await using world = await World.start();
  const { nats, pool } = { nats: world.engines.nats, pool: world.pool };
  const events = longHistory(600, 3);
  await world.append(events);
  let last = 0;
  const { tenant } = MESSAGE;
  const theirs = events.filter((one) => one.tenant === tenant).map(({ messageId }) => messageId);
  for (const messageId of new Set(theirs))
    last = await recordErased(nats, { tenant, messageId }, erasedOf(ADDRESS, true));
  expect(last).toBeGreaterThan(150);
  /** Originals overwritten, by the checkpoint at which their transaction began. */
  const overwritten = new Map<number, number>();
  const writing = whenDeleting(nats, async () => {
    const at = await readCheckpoint(pool, "erased");
    overwritten.set(at, (overwritten.get(at) ?? 0) + 1);
  });
  const live = world.project(500, { writing });
  await world.erasedCaughtUp(last);
  expect(Math.max(...overwritten.values())).toBeLessThanOrEqual(50);
  await live.stop();
});
