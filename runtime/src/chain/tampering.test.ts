import { nanos } from "@nats-io/transport-node";
import type { ChainLink } from "@waybill/schemas";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readOne } from "../replay.ts";
import { nextOnLeader } from "../leader-reads.ts";
import { purgeEvents } from "../retention/purge.ts";
import { STREAMS } from "../streams.ts";
import { type LogServer, startLog } from "../testing/log-server.ts";
import { leafOf } from "./leaf.ts";
import { linkOf } from "./link.ts";
import { lastLink } from "./read.ts";
import { append, remake, seal, verified } from "./testing/kit.ts";

let log: LogServer;
/** Sequences of the events of tenant a; tenant b has as many between them. */
let seqs: number[];

beforeEach(async () => {
  log = await startLog();
  seqs = [];
  for (const round of [1, 2]) {
    for (const text of ["one", "two", "three"]) {
      seqs.push(await append(log.nats, "a", `${text} ${round}`));
      // The sequence of a timer is no event's.
      await log.nats.js.publish("timer.0.a.x.y", "{}", {
        msgID: `${text} ${round}`,
        schedule: { specification: new Date(Date.now() + 3_600_000), target: "mail.work.0.a.due" },
      });
      await append(log.nats, "b", text);
    }
    await seal(log.nats);
  }
});
afterEach(() => log[Symbol.asyncDispose]());

const at = (place: number): number => seqs.at(place) ?? 0;
const linkOfA = async (): Promise<ChainLink> => {
  const found = await lastLink(log.nats, "a");
  if (found === undefined) throw new Error("there is no link");
  return found.link;
};
const fault = async (tenant = "a") => (await verified(log.nats))[tenant]?.fault;

it("finds nothing wrong with a log that nobody touched, and counts what is newer than the links", async () => {
  await append(log.nats, "a");
  await append(log.nats, "new");
  const { hash } = await linkOfA();
  const right = { events: 6, removed: 0, erased: 0, notSealed: 0 };
  const { a, b, new: fresh } = await verified(log.nats);
  expect(a).toEqual({ tenant: "a", ...right, links: a?.links, notSealed: 1, head: hash });
  expect(b).toMatchObject(right);
  expect(fresh).toMatchObject({ events: 0, links: 0, notSealed: 1 });
});

describe("the events of one tenant", () => {
  it("are missed when they are deleted, at the first of them, and the others' chain is whole", async () => {
    const { jsm } = log.nats;
    await jsm.streams.deleteMessage(STREAMS.mail, at(4));
    await jsm.streams.deleteMessage(STREAMS.mail, at(2));
    expect(await fault()).toMatchObject({ why: "missing event", seq: at(2) });
    expect(await fault("b")).toBeUndefined();
  });

  it("are told apart when one has other bytes, in a copy of the stream", async () => {
    await remake(log.nats, STREAMS.mail, (all) => all);
    expect(await fault()).toBeUndefined();
    const other = new TextEncoder().encode("other");
    await remake(log.nats, STREAMS.mail, (all) =>
      all.map((one) => (one.seq === at(3) ? { ...one, data: other } : one)),
    );
    expect(await fault()).toMatchObject({ why: "altered event", seq: at(3) });
    expect(await fault("b")).toBeUndefined();
  });

  it("are told from one that was put in where none was", async () => {
    await remake(log.nats, STREAMS.mail, (all) =>
      all.flatMap((one) => (one.seq === at(1) ? [one, { ...one, seq: one.seq + 1 }] : [one])),
    );
    expect(await fault()).toMatchObject({ why: "unknown event", seq: at(1) + 1 });
    expect(await fault("b")).toBeUndefined();
  });

  it("may be gone because they were erased, if the record names what they were", async () => {
    const { nats } = log;
    const event = await readOne(nats, STREAMS.mail, at(1));
    const leaf = leafOf(event?.subject ?? "", event?.data ?? new Uint8Array());
    await nats.js.publish("erased.a.m", JSON.stringify({ seq: at(1), tenant: "a", leaf }));
    await nats.jsm.streams.deleteMessage(STREAMS.mail, at(1));
    expect((await verified(nats))["a"]).toMatchObject({ events: 5, erased: 1 });
    expect(await fault()).toBeUndefined();
    await nats.js.publish("erased.a.m", JSON.stringify({ seq: at(2), tenant: "a", leaf }));
    await nats.jsm.streams.deleteMessage(STREAMS.mail, at(2));
    expect(await fault()).toMatchObject({ why: "missing event", seq: at(2) });
  });

  it("may be gone because a sweep removed them, and said so before", async () => {
    const before = new Date(Date.now() + 1000);
    await purgeEvents(log.nats, "a", { until: at(3), before });
    await purgeEvents(log.nats, undefined, { until: at(2), before });
    await purgeEvents(log.nats, "a", { until: at(1), before });
    expect((await verified(log.nats))["a"]).toMatchObject({ events: 3, removed: 3 });
    expect((await verified(log.nats))["b"]).toMatchObject({ events: 4, removed: 2 });
    expect([await fault(), await fault("b")]).toEqual([undefined, undefined]);
    await log.nats.jsm.streams.deleteMessage(STREAMS.mail, at(3));
    expect(await fault()).toMatchObject({ why: "missing event", seq: at(3) });
  });

  it("may be gone because of their age, and the chain goes on", async () => {
    const { nats } = log;
    const short = { max_age: nanos(1000), duplicate_window: nanos(100) };
    await nats.jsm.streams.update(STREAMS.mail, short);
    while ((await nats.jsm.streams.info(STREAMS.mail)).state.messages > 0) await sleep(100);
    const { links = 0, ...gone } = (await verified(nats))["a"] ?? {};
    expect(gone).toMatchObject({ events: 0, removed: 6 });
    expect(gone).not.toHaveProperty("fault");
    await append(nats, "a");
    expect((await seal(nats))["a"]).toMatchObject({ links: links + 1 });
  });
});

describe("a chain", () => {
  it("is broken where a link was deleted, and at one that is none", async () => {
    const first = await nextOnLeader(log.nats, STREAMS.chain, "chain.a", 1);
    await log.nats.jsm.streams.deleteMessage(STREAMS.chain, first?.seq ?? 0);
    const { seq } = await log.nats.js.publish("chain.b", "no link");
    expect((await verified(log.nats))["a"]).toMatchObject({
      links: 0,
      fault: { why: "broken link" },
    });
    expect(await fault("b")).toEqual({ why: "broken link", link: seq });
  });

  it("is forked by a second link after the same one", async () => {
    const { leaves, ...link } = await linkOfA();
    const other = linkOf({ ...link, leaves: leaves.slice(0, 1) });
    await log.nats.js.publish("chain.a", JSON.stringify(other));
    expect(await fault()).toMatchObject({ why: "forked link", seq: leaves[0]?.[0] });
    expect(await fault("b")).toBeUndefined();
  });

  it("that was made anew over other events is found by a head that was noted", async () => {
    const { hash: noted } = await linkOfA();
    const other = new TextEncoder().encode("other");
    await remake(log.nats, STREAMS.mail, (all) =>
      all.map((one) => (one.seq === at(0) ? { ...one, data: other } : one)),
    );
    await remake(log.nats, STREAMS.chain, () => []);
    expect((await seal(log.nats))["a"]).not.toHaveProperty("fault");
    expect((await run("--tenant", "a", "--head", (await linkOfA()).hash)).code).toBe(0);
    const { code, printed } = await run("--tenant", "a", "--head", noted);
    expect(code).toBe(1);
    expect(printed).toMatchObject([{ fault: { why: "noted head missing" } }]);
  });
});

async function run(...words: string[]) {
  const program = join(import.meta.dirname, "main.ts");
  const env = { NATS_URL: log.url };
  const { code, stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [program, ...words],
    { env },
  ).then(
    (done) => ({ code: 0, ...done }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  );
  const printed = stdout.split("\n").filter(Boolean);
  return { code, stderr, printed: printed.map((line) => JSON.parse(line) as unknown) };
}

it("is verified by a program, whose exit code says whether something is wrong", async () => {
  const before = await run();
  expect(before).toMatchObject({ code: 0, printed: [{ tenant: "a" }, { tenant: "b" }] });
  await log.nats.jsm.streams.deleteMessage(STREAMS.mail, at(5));
  const seq = at(5);
  const missing = { tenant: "a", fault: { why: "missing event", seq } };
  expect(await run()).toMatchObject({ code: 1, printed: [missing, { tenant: "b" }] });
  expect(await run("--tenant", "b")).toMatchObject({ code: 0, printed: [{ tenant: "b" }] });
  expect(await run("--all")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("npm run verify"),
  });
});
