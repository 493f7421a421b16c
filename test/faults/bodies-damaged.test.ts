import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STREAMS } from "@waybill/runtime";
import { hasS3, startS3 } from "@waybill/runtime/testing/s3";
import { expect, test } from "vitest";
import { putTenant } from "../src/faults/log-access.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { get, walk } from "../src/faults/views.ts";

/** Milliseconds: relays on a busy machine. */
const SLOW = 400_000;

/** Octets: several pieces of a body, so that what is damaged late would show as a mail cut off. */
const SIZE = 900_000;

/** What may happen to the bytes of a mail while it waits. */
const DAMAGES: Record<string, (bytes: Buffer) => Buffer | undefined> = {
  gone: () => undefined,
  cut: (bytes) => bytes.subarray(0, 500_000),
  changed: (bytes) => Buffer.concat([bytes.subarray(0, -9), Buffer.from("?"), bytes.subarray(-8)]),
  longer: (bytes) => Buffer.concat([bytes, Buffer.from("x\r\n")]),
};
const KINDS = Object.keys(DAMAGES);

/** The bytes of a message in the store. */
type Stored = {
  read: (messageId: string) => Promise<Buffer>;
  /** Without bytes: removes them. */
  write: (messageId: string, bytes: Buffer | undefined) => Promise<void>;
};

/** Damages mails that wait for the sink, and looks what becomes of them once it is back. @returns how many are dead */
async function damagedWhileItWaits(scene: Scene, stored: Stored): Promise<number> {
  await putTenant(scene.log, { id: "demo", retryLadder: Array.from({ length: 60 }, () => 2) });
  await scene.sink.pause();
  const ids = [...KINDS, "whole"];
  const { queuedAs } = await scene.load({
    mails: ids.length,
    connections: 1,
    size: SIZE,
    id: (at) => ids[at] ?? "",
  });
  const idOf = (kind: string) => queuedAs.get(kind) ?? "";
  for (const [kind, damage] of Object.entries(DAMAGES))
    await stored.write(idOf(kind), damage(await stored.read(idOf(kind))));
  await scene.sink.resume();
  await scene.settled();

  expect([...scene.sink.mails.keys()]).toEqual(["whole"]);
  expect(scene.sink.raws[0]?.raw.equals(await stored.read(idOf("whole")))).toBe(true);
  const dead = await walk(scene.relay, "dead-letters");
  const reasons = new Map(dead.map(({ id, recipients }) => [id, recipients[0]?.reason]));
  for (const kind of KINDS) {
    expect([kind, reasons.get(idOf(kind))]).toEqual([kind, "storage_error"]);
    const raw = await scene.relay.api(`/api/v1/messages/${idOf(kind)}/raw`);
    const isWhole = await raw.text().then(
      () => raw.ok,
      () => false,
    );
    expect([kind, isWhole]).toEqual([kind, false]);
  }
  const told = await get<{ status: string }>(scene.relay, `/api/v1/messages/${idOf("whole")}`);
  expect(told.status).toBe("delivered");
  return reasons.size;
}

test(
  "a file that is gone or damaged is a dead letter, and never a mail that is cut off",
  async () => {
    await using scene = await openScene({
      env: { WAYBILL_BODY_STORE: "fs" },
      sink: { keep: "raw" },
    });
    const path = (id: string) =>
      join(scene.relay.data, "bodies", id.slice(0, 5), id.slice(-2), `${id}.demo`);
    const dead = await damagedWhileItWaits(scene, {
      read: async (id) => readFileSync(path(id)),
      write: async (id, bytes) =>
        bytes === undefined ? rmSync(path(id)) : writeFileSync(path(id), bytes),
    });
    expect(dead).toBe(KINDS.length);
  },
  SLOW,
);

test.skipIf(!hasS3())(
  "so is an object",
  async () => {
    await using s3 = await startS3();
    await using scene = await openScene({
      env: { WAYBILL_BODY_STORE: "s3", ...s3.settings },
      sink: { keep: "raw" },
    });
    const bucket = s3.settings["WAYBILL_S3_BUCKET"] ?? "";
    const dead = await damagedWhileItWaits(scene, {
      read: async (id) =>
        Buffer.concat(await (await s3.client.getObject(bucket, `${id}.demo`)).toArray()),
      write: async (id, bytes) => {
        if (bytes === undefined) await s3.client.removeObject(bucket, `${id}.demo`);
        else await s3.client.putObject(bucket, `${id}.demo`, bytes);
      },
    });
    expect(dead).toBe(KINDS.length);
  },
  SLOW,
);

test(
  "a mail that neither store keeps is answered 451, and taken once one does",
  async () => {
    await using scene = await openScene({ env: { WAYBILL_BODY_STORE: "fs" } });
    const { relay, log } = scene;
    const replies: string[] = [];
    const hand = (id: string) =>
      scene.load({
        mails: 1,
        connections: 1,
        id: () => id,
        onReply: (_, { code, lines }) => void replies.push(`${code} ${lines.join(" ")}`),
      });
    rmSync(join(relay.data, "bodies"), { recursive: true });
    writeFileSync(join(relay.data, "bodies"), "no folder");
    const full = (max_msg_size: number) => log.jsm.streams.update(STREAMS.bodies, { max_msg_size });
    await full(10);
    await hand("refused");
    await full(-1);
    await hand("taken");
    await scene.settled();
    expect(replies).toEqual([expect.stringMatching(/^451 /), expect.stringMatching(/^250 /)]);
    expect([...scene.sink.mails.keys()]).toEqual(["taken"]);
    expect(await walk(relay, "messages")).toHaveLength(1);
  },
  SLOW,
);
