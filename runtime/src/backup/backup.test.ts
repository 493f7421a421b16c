import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { makeLogger } from "../logger.ts";
import { unlock } from "../master-key.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";
import { type LogServer, startLog } from "../testing/log-server.ts";
import { backup } from "./backup.ts";
import { readManifest } from "./manifest.ts";
import { putPosition, readPositions } from "./positions.ts";
import { restore } from "./restore.ts";
import { fireMissing, firedOut, timerLines } from "./timers.ts";

const MASTER = "m".repeat(32);
const WORK = "mail.work.1.t.due";
const LATER = 3600_000;

const setTimer = ({ nats }: LogServer, id: string, specification: Date) =>
  nats.js.publish(`timer.1.t.${id}`, id, { schedule: { specification, target: WORK } });

async function fired({ nats }: LogServer): Promise<string[]> {
  const found: string[] = [];
  for await (const one of replay(nats, { stream: STREAMS.mail, filters: [WORK] }))
    found.push(Buffer.from(one.data).toString());
  return found.toSorted();
}

const durable = { durable_name: "lane-1", filter_subject: "mail.work.>" } as const;

test("a consumer goes on from where it was: what it had acknowledged does not come again", async () => {
  await using log = await startLog();
  const { jsm, js } = log.nats;
  await jsm.consumers.add(STREAMS.mail, { ...durable, ack_policy: "explicit" });
  const consumer = await js.consumers.get(STREAMS.mail, durable.durable_name);
  for (const id of ["1", "2", "3", "4"]) await js.publish("mail.work.1.t.accepted", id);
  for (const _ of ["1", "2"]) await (await consumer.next())?.ackAck();
  const [position] = await readPositions(log.nats, STREAMS.mail);
  expect(position).toMatchObject({ stream: STREAMS.mail, through: 2 });

  await (await consumer.next())?.ackAck();
  await jsm.consumers.delete(STREAMS.mail, durable.durable_name);
  if (position !== undefined) await putPosition(log.nats, position);
  expect((await consumer.next())?.string()).toBe("3");
  expect((await consumer.info()).config.deliver_policy).toBe("all");
});

test("a timer that is lost between the list and the log fires at once; one that is there, or fired, does not", async () => {
  await using log = await startLog();
  for (const id of ["there", "lost", "woken"])
    await setTimer(log, id, new Date(Date.now() + LATER));
  const lines = await Array.fromAsync(timerLines(log.nats));
  const { state } = await log.nats.jsm.streams.info(STREAMS.mail);
  await log.nats.jsm.streams.purge(STREAMS.mail, { filter: "timer.1.t.lost" });
  await setTimer(log, "woken", new Date());
  await firedOut(log.nats);
  expect(await fired(log)).toEqual(["woken"]);

  const given = (async function* () {
    yield* lines;
  })();
  await fireMissing(log.nats, given, state.last_seq);
  await firedOut(log.nats);
  expect(await fired(log)).toEqual(["lost", "woken"]);
});

test("a log comes back with its sequences, timers and configuration on another server, which it then is not restored to again", async () => {
  await using log = await startLog();
  await using other = await startLog();
  const folder = mkdtempSync(join(tmpdir(), "waybill-backup-"));
  const silent = makeLogger("silent", "test");
  const config = (NATS_URL: string) =>
    readConfig({ WAYBILL_SECRET: MASTER, WAYBILL_DATA: folder, NATS_URL });
  await unlock(log.nats, MASTER);
  await log.nats.js.publish("body.1.t", "body");
  for (let at = 0; at < 20; at += 1) await log.nats.js.publish("mail.fact.1.t.delivered", `${at}`);
  await setTimer(log, "past", new Date());
  await firedOut(log.nats);
  await setTimer(log, "future", new Date(Date.now() + LATER));

  const to = join(folder, "kept");
  const taken = await backup(log.nats, config(log.url), to, false);
  expect(taken.masterKey).toBe((await readManifest(to)).masterKey);
  expect(readFileSync(join(to, "manifest.json"), "utf8")).not.toContain(MASTER);

  await expect(restore(config(other.url), { from: to }, silent)).rejects.toThrow(/is not empty/);
  for (const name of Object.values(STREAMS)) await other.nats.jsm.streams.delete(name);
  await restore(config(other.url), { from: to }, silent);
  for (const name of [STREAMS.mail, STREAMS.bodies, STREAMS.control]) {
    const [was, is] = [
      await log.nats.jsm.streams.info(name),
      await other.nats.jsm.streams.info(name),
    ];
    const { messages, first_seq, last_seq } = was.state;
    expect(is.state).toMatchObject({ messages, first_seq, last_seq });
    expect(is.config.subjects).toEqual(was.config.subjects);
  }
  expect(await fired(other)).toEqual(["past"]);
  await expect(unlock(other.nats, MASTER)).resolves.toBeDefined();
  await expect(unlock(other.nats, "n".repeat(32))).rejects.toThrow(/master key/);
  rmSync(folder, { recursive: true });
});
