import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { makeLogger } from "../logger.ts";
import { unlock } from "../master-key.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";
import { type LogServer, startLog } from "../testing/log-server.ts";
import { timersOf } from "../wake.ts";
import { backup } from "./backup.ts";
import { readManifest } from "./manifest.ts";
import { putPosition, readPositions } from "./positions.ts";
import { restore } from "./restore.ts";
import { watchTimers } from "./watch-timers.ts";
import { fireMissing, firedOut } from "./fire-missing.ts";
import { removeTwins } from "./fired-twice.ts";

const MASTER = "m".repeat(32);
const WORK = "mail.work.1.t.due";
const LATER = 3600_000;

/** What a timer of a message is for. */
const dueOf = (messageId: string, attempt = 1, recipients = ["a"]): string =>
  JSON.stringify({ type: "due", messageId, attempt, envelope: { recipients } });

const setTimer = (
  { nats }: LogServer,
  id: string,
  specification: Date,
  attempt?: number,
  recipients = ["a"],
) =>
  nats.js.publish(`timer.1.t.${id}.${recipients[0]}`, dueOf(id, attempt, recipients), {
    schedule: { specification, target: WORK },
  });

const accept = ({ nats }: LogServer, ...ids: string[]) =>
  Promise.all(
    ids.map((messageId) =>
      nats.js.publish("mail.work.1.t.accepted", JSON.stringify({ messageId })),
    ),
  );

const later = () => new Date(Date.now() + LATER);

const purge = ({ nats }: LogServer, filter: string) =>
  nats.jsm.streams.purge(STREAMS.mail, { filter });

async function nextReconnect({ nats }: LogServer): Promise<void> {
  for await (const { type } of nats.nc.status()) if (type === "reconnect") return;
}

/** What a backup keeps of the timers of a log in which something happens meanwhile. */
async function timersWhile({ nats }: LogServer, meanwhile: () => Promise<unknown>) {
  const { through, lines, end } = await watchTimers(nats);
  const found = Array.fromAsync(lines);
  await meanwhile();
  const [kept] = await Promise.all([found, end()]);
  return { through, lines: kept };
}

/** What has fired after those of a backup that are missing have. */
async function firedAfter(log: LogServer, kept: Awaited<ReturnType<typeof timersWhile>>) {
  const given = (async function* () {
    yield* kept.lines;
  })();
  await fireMissing(log.nats, given, kept.through);
  await firedOut(log.nats);
  return fired(log);
}

type Due = { messageId: string; attempt: number; envelope: { recipients: string[] } };

const nameOf = ({ messageId, attempt, envelope }: Due): string =>
  `${messageId} ${attempt} ${envelope.recipients.join()}`;

async function fired({ nats }: LogServer): Promise<string[]> {
  const found: string[] = [];
  for await (const one of replay(nats, { stream: STREAMS.mail, filters: [WORK] }))
    found.push(nameOf(one.json()));
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
  await accept(log, "there", "lost", "woken");
  for (const id of ["there", "lost", "woken"]) await setTimer(log, id, later());
  const kept = await timersWhile(log, async () => undefined);
  await purge(log, "timer.1.t.lost.a");
  await setTimer(log, "woken", new Date());
  await firedOut(log.nats);
  expect(await fired(log)).toEqual(["woken 1 a"]);
  expect(await firedAfter(log, kept)).toEqual(["lost 1 a", "woken 1 a"]);
});

test("timers that are set and lost while the log is packed fire at once, in their order; none of a message that the log does not have", async () => {
  await using log = await startLog();
  await accept(log, "known");
  await setTimer(log, "known", later(), 1, ["b", "a"]);
  const kept = await timersWhile(log, async () => {
    await setTimer(log, "known", later(), 3);
    await setTimer(log, "known", later(), 2);
    await setTimer(log, "accepted-later", later());
  });
  await purge(log, "timer.>");
  expect(await firedAfter(log, kept)).toEqual(["known 1 b,a", "known 2 a", "known 3 a"]);
});

test("whom a timer of the log is set for waits for it, whatever a backup heard of later ones", async () => {
  await using log = await startLog();
  await accept(log, "known");
  const kept = await timersWhile(log, () => setTimer(log, "known", later(), 2, ["b"]));
  await purge(log, "timer.>");
  await setTimer(log, "known", later(), 1, ["a", "b"]);
  expect(await firedAfter(log, kept)).toEqual([]);
  const set = await Array.fromAsync(timersOf(log.nats, "timer.>"));
  expect(set.map((one) => nameOf(one.json()))).toEqual(["known 1 a,b"]);
});

const endOf = async ({ nats }: LogServer): Promise<number> =>
  (await nats.jsm.streams.info(STREAMS.mail)).state.last_seq;

test("a timer that is in a backup with what it fired does not fire again", async () => {
  await using log = await startLog();
  await accept(log, "spent", "soon", "other");
  const through = await endOf(log);
  for (const id of ["spent", "soon", "soon"]) await log.nats.js.publish(WORK, dueOf(id, 2));
  const span = { through, end: await endOf(log) };
  await setTimer(log, "spent", new Date(Date.now() + 3000), 2);
  await setTimer(log, "soon", new Date(), 2);
  await setTimer(log, "other", later(), 2);
  await firedOut(log.nats);
  expect(await fired(log)).toHaveLength(4);
  await removeTwins(log.nats, span);
  // What the log had twice itself is sealed, and stays.
  expect(await fired(log)).toEqual(["soon 2 a", "soon 2 a", "spent 2 a"]);
  const set = await Array.fromAsync(timersOf(log.nats, "timer.>"));
  expect(set.map((one) => nameOf(one.json()))).toEqual(["other 2 a"]);
  await sleep(4000);
  expect(await fired(log)).toEqual(["soon 2 a", "soon 2 a", "spent 2 a"]);
});

test("a timer that has fired covers nobody: the next one of its message, which is lost, fires", async () => {
  await using log = await startLog();
  await accept(log, "known");
  const kept = await timersWhile(log, async () => {
    await log.nats.js.publish(WORK, dueOf("known", 2));
    await setTimer(log, "known", later(), 3);
  });
  await purge(log, "timer.>");
  await setTimer(log, "known", later(), 2);
  expect(await firedAfter(log, kept)).toEqual(["known 2 a", "known 3 a"]);
});

test("whatever a timer's subject line holds, it is one timer", async () => {
  await using log = await startLog();
  const id = "\u2028 \u2029 \u0085 \r";
  await log.nats.js.publish("mail.work.1.t.accepted", JSON.stringify({ messageId: id }));
  const kept = await timersWhile(log, () =>
    log.nats.js.publish("timer.1.t.odd.a", dueOf(id), {
      schedule: { specification: later(), target: WORK },
    }),
  );
  await purge(log, "timer.>");
  expect(await firedAfter(log, kept)).toEqual([`${id} 1 a`]);
});

test("a backup that lost its connection may not have heard of all timers, and says so", async () => {
  await using log = await startLog();
  const reconnected = async () => {
    const again = nextReconnect(log);
    await log.nats.nc.reconnect();
    await again;
  };
  await expect(timersWhile(log, reconnected)).rejects.toThrow(/connection was lost/);
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
  await setTimer(log, "future", later());

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
  expect(await fired(other)).toEqual(["past 1 a"]);
  await expect(unlock(other.nats, MASTER)).resolves.toBeDefined();
  await expect(unlock(other.nats, "n".repeat(32))).rejects.toThrow(/master key/);
  rmSync(folder, { recursive: true });
});
