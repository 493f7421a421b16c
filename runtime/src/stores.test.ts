import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { laneOf, type DeadLettered, type RetryDue, type Route } from "@waybill/schemas";
import { ControlConflict, putEntity } from "./control.ts";
import { followDirectory } from "./follow-directory.ts";
import type { Engine } from "./engines/engine.ts";
import { startNatsServer } from "./engines/nats-server.ts";
import { newMessageId } from "./ids.ts";
import { KnownFacts } from "./known/known-facts.ts";
import { LogUnavailable, makeLog, type Log } from "./log.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";
import { readOne, replay } from "./replay.ts";
import { ensureStreams, STREAMS } from "./streams.ts";
import { standStill } from "./testing/stand-still.ts";

const log = makeLogger("silent", "test");
let folder: string;
let engine: Engine;
let nats: Nats;
let events: Log;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-stores-"));
  engine = await startNatsServer({ folder, log });
  nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
  events = makeLog(nats, 16);
});

afterAll(async () => {
  await nats.close();
  await engine.stop();
  rmSync(folder, { recursive: true });
});

const due = (): RetryDue => ({
  type: "due",
  messageId: newMessageId(),
  tenant: "t1",
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  attempt: 2,
  rung: 1,
  envelope: { from: "a@x.test", recipients: ["b@y.test"], utf8: false },
  body: { store: "jetstream", chunks: [1], size: 1, sha256: "" },
  routing: { tags: [], fields: {} },
});

const lastSequence = async () => (await nats.jsm.streams.info(STREAMS.mail)).state.last_seq;

describe("the log", () => {
  test("keeps an event that is appended twice once", async () => {
    const event = due();
    const [first, second] = [await events.append(event), await events.append(event)];
    expect(second).toBe(first);
    expect((await readOne(nats, STREAMS.mail, first))?.json()).toEqual(event);
  });

  test("fires a timer into the work items, and keeps no trace of the timer itself", async () => {
    const event = due();
    const before = await lastSequence();
    await events.schedule(event, new Date(Date.now() + 300));
    const found: RetryDue[] = [];
    while (found.length === 0) {
      const filters = ["mail.work.*.t1.due"];
      for await (const one of replay(nats, { stream: STREAMS.mail, filters, from: before + 1 }))
        found.push(one.json<RetryDue>());
    }
    expect(found).toEqual([event]);
    const { subjects } = (await nats.jsm.streams.info(STREAMS.mail, { subjects_filter: "timer.>" }))
      .state;
    expect(subjects ?? {}).toEqual({});
  });

  test("keeps the timers of one message apart by their recipients", async () => {
    const [one, other] = ["one@y.test", "other@y.test"].map((recipient) => ({
      ...due(),
      messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
      tenant: "timed",
      envelope: { from: "", recipients: [recipient], utf8: false },
    })) as [RetryDue, RetryDue];
    const at = new Date(Date.now() + 60_000);
    await events.schedule(one, at);
    await events.schedule(other, at);
    await events.schedule(one, at);
    const history = new KnownFacts({ nats, lane: laneOf("timed", 16), tenant: "timed" });
    const known = await history.of(one.messageId, 0);
    expect(known).toHaveLength(2);
    expect(known).toEqual(expect.arrayContaining([one, other]));
  });

  test("replays one tenant's events only, from a sequence on", async () => {
    const mine = { ...due(), tenant: "mine" };
    const from = await events.append(mine);
    await events.append({ ...due(), tenant: "theirs" });
    const next = { ...mine, attempt: 3 };
    await events.append(next);
    const read: unknown[] = [];
    for await (const one of replay(nats, {
      stream: STREAMS.mail,
      filters: ["mail.*.*.mine.*"],
      from,
    }))
      read.push(one.json());
    expect(read).toEqual([mine, next]);
  });
});

const dead = (messageId: string): DeadLettered => {
  const { traceId, time } = due();
  const recipients = ["b@y.test"];
  const base = { messageId, tenant: "known", time, traceId, attempt: 1 };
  return { type: "deadlettered", ...base, reason: "refused", recipients, detail: "" };
};

describe("what is known of a message whose item comes again", () => {
  test("is all that was recorded after the item, whatever was asked before", async () => {
    const history = new KnownFacts({ nats, lane: laneOf("known", 16), tenant: "known" });
    const ids = Array.from({ length: 6 }, newMessageId) as [string, string, string, string];
    const seqs: number[] = [];
    for (const id of ids) seqs.push(await events.append(dead(id)));
    const [first = 0] = seqs;
    expect(await history.of(ids[0], first - 1)).toEqual([dead(ids[0])]);
    const late = newMessageId();
    const lateSeq = await events.append(dead(late));
    expect(await history.of("nobody", lateSeq + 1000)).toEqual([]);
    expect(await history.of(late, first - 1)).toEqual([dead(late)]);
    expect(await history.of(ids[3], first - 1)).toEqual([dead(ids[3])]);
  });

  test("is one read for all who ask together", async () => {
    const history = new KnownFacts({ nats, lane: laneOf("known", 16), tenant: "known" });
    const ids = Array.from({ length: 50 }, newMessageId);
    await Promise.all(ids.map((id) => events.append(dead(id))));
    const found = await Promise.all(ids.map((id) => history.of(id, 0)));
    expect(found).toEqual(ids.map((id) => [dead(id)]));
  });
});

describe("the configuration", () => {
  const fact = {
    tenant: "t9",
    kind: "provider",
    id: "p/1 *",
    time: "2026-01-01T00:00:00.000Z",
    actor: "test",
    reason: "test",
    entity: { kind: "provider", type: "sandbox", id: "p/1 *", name: "p", concurrency: 1 },
  } as const;

  test("is changed only by those who saw its last state", async () => {
    const first = await putEntity(nats, fact, 0);
    await expect(putEntity(nats, fact, 0)).rejects.toThrow(ControlConflict);
    await expect(putEntity(nats, fact, first)).resolves.toBeGreaterThan(first);
  });

  test("is changed, where the others of its kind count, only by those who saw them all", async () => {
    const [one, other] = ["one", "other"].map((id) => ({ ...fact, tenant: "t10", id }));
    const seen = await putEntity(nats, one ?? fact, 0);
    const seenBoth = await putEntity(nats, other ?? fact, 0);
    await expect(putEntity(nats, one ?? fact, seen, seen)).rejects.toThrow(ControlConflict);
    const racers = [one, other].map((racer) => putEntity(nats, racer ?? fact, seen, seenBoth));
    const ended = await Promise.allSettled(racers);
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("is complete when a directory starts, and follows each change", async () => {
    const directory = await followDirectory(nats);
    expect(directory.provider("t9", "p/1 *")).toBeDefined();
    const changed = new Promise((resolve) => directory.onChange(resolve));
    await putEntity(nats, { ...fact, entity: null });
    await changed;
    expect(directory.provider("t9", "p/1 *")).toBeUndefined();
    await directory.stop();
  });

  test("follows the kinds it is asked for, and no other", async () => {
    const { entity } = fact;
    const then = { type: "sandbox" } as const;
    const route: Route = { kind: "route", id: "unseen", position: 0, then };
    const directory = await followDirectory(nats, ["tenant", "provider"]);
    const heard: string[] = [];
    directory.onChange(({ id }) => heard.push(id));
    await putEntity(nats, { ...fact, kind: "route", id: route.id, entity: route });
    const changed = new Promise((resolve) => directory.onChange(resolve));
    await putEntity(nats, { ...fact, id: "seen", entity: { ...entity, id: "seen" } });
    await changed;
    expect(heard).toEqual(["seen"]);
    await directory.stop();
  });
});

test("nothing is promised while the server is away, to nobody of many who wait", async () => {
  await standStill(engine.pid);
  const appending = Array.from({ length: 500 }, () => events.append(due()));
  const ended = await Promise.allSettled(appending);
  expect(ended.filter(({ status }) => status === "fulfilled")).toEqual([]);
  const reasons = ended.map((one) => (one.status === "rejected" ? one.reason : undefined));
  expect(reasons.filter((reason) => !(reason instanceof LogUnavailable))).toEqual([]);
  process.kill(engine.pid, "SIGCONT");
  await expect(events.append(due())).resolves.toBeGreaterThan(0);
});
