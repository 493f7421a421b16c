import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Engine } from "../engines/engine.ts";
import { startNatsServer } from "../engines/nats-server.ts";
import { connectNats, type Nats } from "../nats.ts";
import { spread, type Spread } from "./spread.ts";

const log = pino({ level: "silent" });
const COUNT = 16;
let folder: string;
let engine: Engine;
const workers: { nats: Nats; share: Spread }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-spread-"));
  engine = await startNatsServer({ folder, log });
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map(({ nats }) => nats.close()));
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Who works on each part now; `most` is how many did at one time. */
const owners = { now: new Map<number, number>(), most: 0 };

function change(part: number, by: number): void {
  owners.now.set(part, (owners.now.get(part) ?? 0) + by);
  owners.most = Math.max(owners.most, ...owners.now.values());
}

/** A worker that takes a moment to take a part, and to let it go. */
async function enter(letGoes: () => Promise<void> = async () => {}) {
  const nats = await connectNats(engine.url, "test", log);
  const take = async (part: number) => {
    change(part, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return {
      letGo: async () => {
        await letGoes();
        change(part, -1);
      },
    };
  };
  const share = await spread({ nats, log, name: "test", count: COUNT, take });
  const worker = { nats, share };
  workers.push(worker);
  return worker;
}

const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
};

const areEven = (...counts: number[]): Promise<void> =>
  until(() => workers.every(({ share }, at) => share.held() === counts[at]));

const everyPart = (): boolean =>
  owners.now.size === COUNT && [...owners.now.values()].every((count) => count === 1);

beforeEach(() => {
  owners.now.clear();
  owners.most = 0;
});

test("workers share the parts evenly as they come and go, and no part has two at once", async () => {
  const first = await enter();
  expect(first.share.held()).toBe(COUNT);
  await enter();
  await areEven(8, 8);
  await enter();
  await areEven(6, 5, 5);
  await first.share.leave();
  workers.shift();
  await first.nats.close();
  await areEven(8, 8);
  await until(everyPart);
  expect(owners.most).toBe(1);
});

test("the parts of a worker that falls silent go to the others", async () => {
  const first = await enter();
  await enter();
  await areEven(8, 8);
  workers.shift();
  await first.nats.close();
  await areEven(16);
  expect(workers[0]?.share.held()).toBe(COUNT);
});

test("a part is not taken before the one who had it has let it go", async () => {
  const release = Promise.withResolvers<void>();
  const first = await enter(() => release.promise);
  const second = await enter();
  expect([first.share.held(), second.share.held()]).toEqual([16, 0]);
  const left = first.share.leave();
  expect(second.share.held()).toBe(0);
  release.resolve();
  await left;
  workers.shift();
  await first.nats.close();
  await areEven(16);
  expect(owners.most).toBe(1);
});

test("while the server is away each keeps what it has", async () => {
  await enter();
  await enter();
  await areEven(8, 8);
  const down = engine.stop();
  await down;
  await new Promise((resolve) => setTimeout(resolve, 6000));
  expect(workers.map(({ share }) => share.held())).toEqual([8, 8]);
  engine = await startNatsServer({ folder, log });
});
