import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  workSubject,
  type MessageAccepted,
  type RecipientsDelivered,
  type WorkEvent,
} from "@waybill/schemas";
import { startNatsServer } from "../engines/nats-server.ts";
import type { Engine } from "../engines/engine.ts";
import { newMessageId } from "../ids.ts";
import { makeLog, type Log } from "../log.ts";
import { connectNats, type Nats } from "../nats.ts";
import { ensureStreams, STREAMS } from "../streams.ts";
import { acknowledgedThrough } from "./acknowledged.ts";
import { ensureBacklogConsumer, follow, unpin } from "./consumers.ts";
import type { Delivery } from "./held.ts";
import { Slots } from "./slots.ts";
import { workLanes, type LaneWorker } from "./worker.ts";

const log = pino({ level: "silent" });
let folder: string;
let engine: Engine;
let nats: Nats;
let events: Log;
const workers: LaneWorker[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-lane-"));
  engine = await startNatsServer({ folder, log });
  nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
  events = makeLog(nats, 1);
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.drain()));
  await nats.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

function accepted(tenant: string): MessageAccepted {
  return {
    type: "accepted",
    messageId: newMessageId(),
    tenant,
    time: "2026-01-01T00:00:00.000Z",
    traceId: "0".repeat(32),
    attempt: 1,
    rung: 0,
    envelope: { from: "a@x.test", recipients: ["b@y.test"], utf8: false },
    body: { store: "jetstream", chunks: [1], size: 1, sha256: "" },
    routing: { tags: [], fields: {} },
    submission: { protocol: "smtp", address: "127.0.0.1", helo: "x", tls: false },
    header: { from: "", subject: "", messageId: "" },
  };
}

function delivered(work: WorkEvent): RecipientsDelivered {
  const { messageId, tenant, time, traceId, attempt, envelope } = work;
  const outcomes = envelope.recipients.map((recipient) => ({
    recipient,
    class: "accepted" as const,
    response: "250",
  }));
  return {
    type: "delivered",
    messageId,
    tenant,
    time,
    traceId,
    attempt,
    provider: { id: "p", kind: "smtp" },
    route: { because: "test", owner: "tenant" },
    durationMs: 1,
    outcomes,
  };
}

async function submit(tenant: string, count: number): Promise<string[]> {
  const made = Array.from({ length: count }, () => accepted(tenant));
  for (let at = 0; at < count; at += 200)
    await Promise.all(made.slice(at, at + 200).map((one) => events.append(one)));
  return made.map((one) => one.messageId);
}

/** Whom the server serves of those who follow a consumer. */
async function pinsOf(consumer: string): Promise<unknown> {
  const info = await nats.jsm.consumers.info(STREAMS.mail, consumer);
  return (info as { priority_groups?: unknown }).priority_groups;
}

function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** A worker whose handler "sends" a message, takes a moment, and records it, as delivery does. */
async function startWorker(
  options: {
    concurrency?: number;
    takes?: () => Promise<void>;
    over?: Nats;
    sent?: string[];
  } = {},
) {
  const { sent = [] } = options;
  const waiting = new Map<number, () => void>();
  const handle = async ({ work, known }: Delivery) => {
    if (known.some((fact) => fact.type === "delivered")) return;
    sent.push(work.messageId);
    waiting.get(sent.length)?.();
    await options.takes?.();
    await events.append(delivered(work));
  };
  const concurrencyOf = () => options.concurrency ?? 20;
  const over = options.over ?? nats;
  const slots = new Slots(1000);
  const worker = await workLanes(1, { nats: over, log, handle, concurrencyOf, slots });
  if (options.over === undefined) workers.push(worker);
  const untilSent = (count: number) =>
    new Promise<void>((resolve) => {
      if (sent.length >= count) resolve();
      else waiting.set(count, resolve);
    });
  return { sent, untilSent, worker };
}

const consumers = async (): Promise<string[]> => {
  const names: string[] = [];
  for await (const { name } of nats.jsm.consumers.list(STREAMS.mail)) names.push(name);
  return names;
};

const until = async (check: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 50));
};

const nothingLeft = async (): Promise<boolean> => {
  const info = await nats.jsm.consumers.info(STREAMS.mail, "lane-0");
  return info.num_pending === 0 && info.num_ack_pending === 0;
};

test("every work item is handed out once and acknowledged", async () => {
  const ids = await submit("t1", 300);
  const { sent, untilSent } = await startWorker();
  await untilSent(300);
  await until(nothingLeft);
  expect(sent.toSorted()).toEqual(ids.toSorted());
});

test("what waited before a worker came is not looked up one by one", async () => {
  let made = 0;
  const advisories = nats.nc.subscribe("$JS.EVENT.ADVISORY.CONSUMER.CREATED.MAIL.*", {
    callback: () => void (made += 1),
  });
  const ids = await submit("t1", 1500);
  const { sent, untilSent } = await startWorker();
  await untilSent(1500);
  await until(nothingLeft);
  expect(sent.toSorted()).toEqual(ids.toSorted());
  expect(made).toBeLessThan(10);
  advisories.unsubscribe();
});

test("an item that is in the log twice, as after a restore, is acted on once", async () => {
  const one = accepted("t1");
  const subject = workSubject(0, "t1", "accepted");
  for (const msgID of ["once", "twice"])
    await nats.js.publish(subject, JSON.stringify(one), { msgID });
  const others = await submit("t1", 100);
  const { sent, untilSent } = await startWorker({ concurrency: 1 });
  await untilSent(101);
  await until(nothingLeft);
  expect(sent.toSorted()).toEqual([one.messageId, ...others].toSorted());
});

test("what a timer fires twice is acted on once", async () => {
  const { untilSent, sent } = await startWorker();
  const work = accepted("t1");
  const due = { ...work, type: "due", attempt: 2 } as const;
  const fire = (msgID: string) =>
    nats.js.publish(workSubject(0, "t1", "due"), JSON.stringify(due), { msgID });
  await submit("t1", 1);
  await untilSent(1);
  await fire("once");
  await untilSent(2);
  await until(nothingLeft);
  await fire("twice");
  await until(nothingLeft);
  await submit("t1", 1);
  await untilSent(3);
  await until(nothingLeft);
  expect(sent.filter((id) => id === due.messageId)).toHaveLength(1);
});

test("a neighbour's mail comes through while a tenant's flood is still waiting", async () => {
  const flood = await submit("flooder", 3000);
  const [single = ""] = await submit("neighbour", 1);
  const { sent, untilSent } = await startWorker({
    concurrency: 5,
    takes: () => new Promise((resolve) => setTimeout(resolve, 20)),
  });
  await until(() => sent.includes(single));
  expect(sent.length).toBeLessThan(600);
  await untilSent(flood.length + 1);
  expect(new Set(sent).size).toBe(flood.length + 1);
});

test("a flood is delivered whole and once, and its backlog is gone afterwards", async () => {
  const first = await submit("flooder", 2000);
  const { sent, untilSent } = await startWorker({
    takes: () => new Promise((resolve) => setImmediate(resolve)),
  });
  await untilSent(500);
  const second = await submit("flooder", 1000);
  await untilSent(3000);
  await until(async () => (await consumers()).length === 1);
  const third = await submit("flooder", 10);
  await untilSent(3010);
  await until(nothingLeft);
  expect(sent.toSorted()).toEqual([...first, ...second, ...third].toSorted());
});

const through = (): Promise<number> => acknowledgedThrough(nats, 0, "flooder");

test("what a backlog has is not acted on when the lane acknowledges it", async () => {
  await submit("flooder", 600);
  expect(await through()).toBe(0);
  const rest = Promise.withResolvers<void>();
  let begun = 0;
  const takes = () => ((begun += 1) > 500 ? rest.promise : Promise.resolve());
  await startWorker({ takes });
  await until(async () => begun > 500 && (await nothingLeft()));
  expect(await through()).toBeGreaterThan(0);
  expect(await through()).toBeLessThan(600);
  rest.resolve();
  await until(async () => (await through()) === 600);
});

test("a drained backlog that could not be removed gives way to the next", async () => {
  const { sent, untilSent } = await startWorker({
    takes: () => new Promise((resolve) => setTimeout(resolve, 2)),
  });
  const first = await submit("flooder", 1);
  await untilSent(1);
  await ensureBacklogConsumer(nats, 0, "flooder", 1);
  const flood = await submit("flooder", 1000);
  await untilSent(1001);
  await until(async () => (await consumers()).length === 1 && (await nothingLeft()));
  expect(sent.toSorted()).toEqual([...first, ...flood].toSorted());
});

test("a drained backlog is removed as soon as the server answers", async () => {
  let refused = 0;
  const remove = (stream: string, name: string) => {
    if ((refused += 1) <= 3) throw new Error("timeout");
    return nats.jsm.consumers.delete(stream, name);
  };
  const away = Object.assign(Object.create(nats.jsm.consumers), { delete: remove });
  const over = { ...nats, jsm: Object.assign(Object.create(nats.jsm), { consumers: away }) };
  const { untilSent, worker } = await startWorker({ over });
  workers.push(worker);
  await submit("flooder", 1000);
  await untilSent(1000);
  await until(async () => (await consumers()).length === 1);
  expect(refused).toBe(4);
});

test("a backlog that is removed under its owner begins anew, with what is in hand, and no mail is sent twice", async () => {
  const ids = await submit("flooder", 1500);
  const { sent, untilSent } = await startWorker({
    takes: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
  await untilSent(400);
  await nats.jsm.consumers.delete(STREAMS.mail, "backlog-0-flooder");
  await untilSent(1500);
  await until(async () => (await consumers()).length === 1 && (await nothingLeft()));
  expect(sent.toSorted()).toEqual(ids.toSorted());
});

test("a new worker goes on with the backlog where the one before it drained", async () => {
  const ids = await submit("flooder", 1500);
  const before = await startWorker({
    takes: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
  await before.untilSent(400);
  await before.worker.drain();
  const after = await startWorker();
  await until(async () => before.sent.length + after.sent.length >= 1500 && (await nothingLeft()));
  expect([...before.sent, ...after.sent].toSorted()).toEqual(ids.toSorted());
});

/** A worker that takes a flood in hand, its backlog included, and dies without a word. */
async function startDoomed(flood: number, meanwhile: () => Promise<unknown> = async () => {}) {
  const over = await connectNats(engine.url, "doomed", log);
  const { untilSent } = await startWorker({ over, takes: () => new Promise(() => undefined) });
  await meanwhile();
  const ids = await submit("flooder", flood);
  await untilSent(20);
  await until(async () => (await consumers()).includes("backlog-0-flooder"));
  return { ids, die: () => over.close() };
}

test("a newcomer finds what a dead owner had in its mailbox and in its backlog", async () => {
  const { ids, die } = await startDoomed(480);
  await die();
  ids.push(...(await submit("flooder", 100)));
  const again = Promise.withResolvers<void>();
  const { sent } = await startWorker({ takes: () => again.promise });
  await until(
    async () => (await nats.jsm.consumers.info(STREAMS.mail, "lane-0")).num_redelivered > 250,
  );
  again.resolve();
  await until(async () => (await consumers()).length === 1 && (await nothingLeft()));
  expect(sent.toSorted()).toEqual(ids.toSorted());
});

test("a stand-by goes on with the backlog that a dead owner made", async () => {
  const sent: string[] = [];
  const { ids, die } = await startDoomed(600, () => startWorker({ sent }));
  await die();
  await until(async () => (await consumers()).length === 1 && (await nothingLeft()));
  expect(sent.toSorted()).toEqual(ids.toSorted());
});

test("whoever takes a lane goes on with its backlog, and waits for no mail to do so", async () => {
  const ids = await submit("flooder", 10);
  const first = await startWorker();
  const second = await startWorker();
  await first.untilSent(10);
  await until(nothingLeft);
  await ensureBacklogConsumer(nats, 0, "flooder", 1);
  await first.worker.drain();
  await until(async () => (await consumers()).length === 1);
  expect([...first.sent, ...second.sent].toSorted()).toEqual(ids.toSorted());
});

test("a lane moves while deliveries take long, and each mail is sent once", async () => {
  const ids = await submit("t1", 40);
  const release = Promise.withResolvers<void>();
  const first = await startWorker({ concurrency: 5, takes: () => release.promise });
  const second = await startWorker();
  await first.untilSent(5);
  const drained = first.worker.drain();
  await second.untilSent(35);
  release.resolve();
  await drained;
  await until(nothingLeft);
  expect([...first.sent, ...second.sent].toSorted()).toEqual(ids.toSorted());
});

test("who loses the lane without knowing why looks up what waits before it acts on it", async () => {
  const ids = await submit("t1", 40);
  const release = Promise.withResolvers<void>();
  const { sent, untilSent } = await startWorker({ concurrency: 5, takes: () => release.promise });
  await untilSent(5);
  await unpin(nats, "lane-0");
  const other = await follow(nats, "lane-0", (message) => message.ack());
  await submit("t1", 1);
  await until(
    async () => (await nats.jsm.consumers.info(STREAMS.mail, "lane-0")).num_pending === 0,
  );
  for (const messageId of ids.filter((id) => !sent.includes(id)))
    await events.append(delivered({ ...accepted("t1"), messageId }));
  release.resolve();
  await until(nothingLeft);
  expect(sent).toHaveLength(5);
  await other.close();
});

test("a drain has what takes too long cut short, and waits until that is recorded", async () => {
  const ids = await submit("t1", 3);
  const answer = Promise.withResolvers<void>();
  const { untilSent, worker } = await startWorker({ takes: () => answer.promise });
  await untilSent(3);
  await worker.drain(answer.resolve);
  await until(nothingLeft);
  const after = await startWorker();
  await submit("t1", 1);
  await after.untilSent(1);
  expect(after.sent).not.toEqual(expect.arrayContaining(ids));
});

test("a drain tells of what it leaves", async () => {
  const warned = vi.spyOn(log, "warn");
  await submit("t1", 2);
  const { untilSent } = await startWorker({ takes: () => new Promise(() => undefined) });
  await untilSent(2);
  await workers.pop()?.drain();
  const words = "deliveries left at the end: they may be made again";
  expect(warned).toHaveBeenCalledWith({ left: 2 }, words);
});

test("after kill -9 of the server nothing is lost and nothing recorded is sent again", async () => {
  const { sent } = await startWorker({
    takes: () => new Promise((resolve) => setTimeout(resolve, 2)),
  });
  const all: string[] = [];
  const submitting = (async () => {
    for (let round = 0; round < 20; round += 1) all.push(...(await submit("t1", 100)));
  })();
  await until(() => sent.length > 500);
  process.kill(engine.pid, "SIGKILL");
  await submitting;
  await until(() => new Set(sent).size >= 2000);
  await until(nothingLeft);
  expect(new Set(sent)).toEqual(new Set(all));
  expect(sent.length).toBe(2000);
});

test("two work items of one message are never in delivery together", async () => {
  const one = accepted("t1");
  let together = 0;
  let most = 0;
  const { untilSent } = await startWorker({
    takes: async () => {
      most = Math.max(most, (together += 1));
      await new Promise((resolve) => setTimeout(resolve, 100));
      together -= 1;
    },
  });
  await events.append(one);
  await events.append({ ...one, type: "requeued", attempt: 2, by: "test" });
  await untilSent(1);
  await until(nothingLeft);
  expect(most).toBe(1);
});

test("a backlog stays ours while its mailbox is full and its worker is slow to answer", async () => {
  await submit("slow", 600);
  const { promise: blocked, resolve: go } = Promise.withResolvers<void>();
  const { untilSent } = await startWorker({ takes: () => blocked });
  const backlog = "backlog-0-slow";
  await expect
    .poll(() => pinsOf(backlog))
    .toMatchObject([{ pinned_client_id: expect.any(String) }]);
  const before = await pinsOf(backlog);
  for (let nth = 0; nth < 8; nth += 1) {
    standStill(1500);
    await sleep(50);
  }
  expect(await pinsOf(backlog)).toEqual(before);
  go();
  await untilSent(600);
}, 60_000);
