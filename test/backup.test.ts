import { globSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLogger, STREAMS } from "@waybill/runtime";
import { startNatsServer } from "@waybill/runtime/engines";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { flood } from "./src/faults/flood.ts";
import { itemsInHand, openLog, putTenant } from "./src/faults/log-access.ts";
import { openScene, type Scene, sceneOf } from "./src/faults/scene.ts";
import { get, type Summary, walk } from "./src/faults/views.ts";
import { restoreBackup, startCommand, takeBackup } from "./src/relay/backup.ts";
import { folderOf, ordinaryUser } from "./src/relay/ordinary-user.ts";
import { processesWithin } from "./src/relay/processes.ts";
import { rotate } from "./src/relay/rotate.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { until } from "./src/relay/until.ts";

/** A relay is started twice or three times, on machines that may do other things. */
vi.setConfig({ testTimeout: 600_000 });

/** Mail waits for a provider for longer than a restore takes. */
const LADDER: number[] = Array.from({ length: 20 }, () => 10);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Some to addresses that the sink refuses. */
const to = (index: number): string[] => [
  `${index % 10 === 3 ? "refused" : "ok"}-${index}@sink.test`,
];

const isOpen = ({ status }: Summary): boolean => status === "queued" || status === "deferred";

/** The views of what has ended, each with its story out of the log; and the ids of what has not. */
async function told({
  relay,
}: Scene): Promise<{ ended: Summary[]; stories: unknown[]; open: string[] }> {
  const all = await walk(relay, "messages");
  const ended = all.filter((one) => !isOpen(one));
  const some = ended.filter((_, index) => index % 10 === 0);
  const story = ({ id }: Summary) => get(relay, `/api/v1/messages/${id}/events`);
  const open = all.filter(isOpen).map(({ id }) => id);
  return { ended, stories: await Promise.all(some.map(story)), open: open.toSorted() };
}

/** Kills all of a relay at once, as a lost machine does, and loses its data. */
async function lose({ relay, log }: Scene): Promise<void> {
  await log.close();
  await relay.stop("SIGKILL");
  await until("nothing left", () => processesWithin(relay.data).length === 0);
  rmSync(relay.data, { recursive: true, force: true, maxRetries: 10 });
}

test("a restored installation has the same views, and delivers what was queued, once", async () => {
  await using scene = await openScene({
    sink: {
      reply: (stage, { recipient }) =>
        stage === "rcpt" && recipient?.startsWith("refused") ? "550 5.1.1 no" : undefined,
    },
  });
  for (const id of ["demo", "other"]) await putTenant(scene.log, { id, retryLadder: LADDER });
  await scene.load({ mails: 100, to });
  await scene.settled();
  await scene.log.close();
  await scene.relay.stop();
  await rotate(scene.relay);
  await scene.startAgain();

  await scene.sink.pause();
  const waiting = await scene.load({ mails: 60, id: (index) => `waiting-${index}` });
  await flood(scene.log, "other", 20);
  await until("attempts", async () => {
    const seen = await walk(scene.relay, "messages");
    return seen.length === 160 && seen.some(({ status }) => status === "deferred");
  });
  const credentials = scene.relay.credentials;
  const before = await told(scene);
  expect(before.open).toHaveLength(60);
  await takeBackup(scene.relay.data, join(folder, "kept"));
  await lose(scene);

  const data = join(folder, "data");
  await restoreBackup(join(folder, "kept"), data);
  await using restored = await sceneOf({ data, env: scene.env }, scene.sink);
  expect(restored.relay.credentials).toMatchObject({
    api: { key: credentials.api.key },
    admin: credentials.admin,
  });
  await until("the views", async () => (await walk(restored.relay, "messages")).length === 160);
  expect(await told(restored)).toEqual(before);
  expect(await restored.viewsEqualRebuild()).toBe(true);

  await scene.sink.resume();
  await sendOne(restored.relay, "new", "ok@sink.test");
  await restored.settled();
  expect([...waiting.queuedAs.keys()].filter((id) => !scene.sink.mails.has(id))).toEqual([]);
  expect(scene.sink.mails.has("new")).toBe(true);
  expect(scene.sink.duplicates().filter(({ id }) => id !== "flood")).toEqual([]);
  const flooded = () => scene.sink.mails.get("flood")?.recipients.get("flood@sink.test");
  await until("the other tenant's mail", async () => flooded() === 20);
  expect(await restored.viewsEqualRebuild()).toBe(true);
});

test("a backup under load has every mail that had its 250 before, and the restored log ends what it holds", async () => {
  await using scene = await openScene({ sink: { delayMs: 5 } });
  const first = await scene.load({ mails: 200, id: (index) => `first-${index}` });
  const load = scene.load({ mails: 600, id: (index) => `later-${index}` });
  await scene.sink.waitFor(({ received }) => received > 300, 60_000);
  await takeBackup(scene.relay.data, join(folder, "kept"));
  const later = await load;
  await scene.settled();
  await lose(scene);

  const data = join(folder, "data");
  await restoreBackup(join(folder, "kept"), data);
  await using restored = await sceneOf({ data, env: scene.env }, scene.sink);
  await restored.settled();
  const messages = await walk(restored.relay, "messages");
  const ids = new Set(messages.map(({ id }) => id));
  expect([...first.queuedAs.values()].filter((id) => !ids.has(id))).toEqual([]);
  expect(messages.filter(({ status }) => status !== "delivered")).toEqual([]);
  expect(await itemsInHand(restored.log)).toBe(0);
  expect(await restored.viewsEqualRebuild()).toBe(true);
  // What was delivered before the backup is not delivered again, what was delivered after it may be.
  expect(scene.sink.duplicates().length).toBeLessThan(later.accepted.length);
  // The positions are those of the log: what comes after is worked on.
  const after = await restored.load({ mails: 50, id: (index) => `after-${index}` });
  await restored.settled();
  expect([...after.queuedAs.keys()].filter((id) => !scene.sink.mails.has(id))).toEqual([]);
});

test("bodies that are kept in files are in it, and what was queued is delivered from them", async () => {
  await using scene = await openScene({ env: { WAYBILL_BODY_STORE: "fs" } });
  await putTenant(scene.log, { id: "demo", retryLadder: LADDER });
  const done = await scene.load({ mails: 20 });
  await scene.settled();
  await scene.sink.pause();
  const waiting = await scene.load({ mails: 20, id: (index) => `waiting-${index}` });
  await takeBackup(scene.relay.data, join(folder, "kept"));
  await lose(scene);

  const data = join(folder, "data");
  await restoreBackup(join(folder, "kept"), data);
  await using restored = await sceneOf({ data, env: scene.env }, scene.sink);
  await restored.sink.resume();
  await restored.settled();
  expect([...waiting.queuedAs.keys()].filter((id) => !scene.sink.mails.has(id))).toEqual([]);
  const [id = ""] = done.queuedAs.values();
  expect((await restored.relay.api(`/api/v1/messages/${id}/raw`)).status).toBe(200);
});

test("on a NATS of one's own the configuration comes when bodies and timers are there", async () => {
  await using scene = await openScene({ env: { WAYBILL_BODY_STORE: "fs" } });
  await scene.load({ mails: 20 });
  await scene.settled();
  await takeBackup(scene.relay.data, join(folder, "kept"));

  const nats = await startNatsServer({
    folder: join(folder, "nats"),
    log: makeLogger("silent", "test"),
  });
  onTestFinished(() => nats.stop());
  const log = await openLog(nats.url);
  onTestFinished(() => log.close());
  const settings = { NATS_URL: nats.url, WAYBILL_DATA: join(folder, "data") };
  const { ended } = startCommand("restore", ["--from", join(folder, "kept")], settings);
  const isThere = () => log.jsm.streams.info(STREAMS.control).catch(() => undefined);
  await until("the configuration", isThere);
  const bodies = globSync(join(folder, "data", "bodies", "**", "*.demo"));
  expect(bodies).toHaveLength(20);
  expect(await ended).toMatchObject({ code: 0 });
});

test("an ordinary user takes a backup and restores it; nobody else may read it", async () => {
  const user = ordinaryUser();
  await using scene = await openScene({ data: folderOf(user), ...(user && { user }) });
  const report = await scene.load({ mails: 20 });
  await scene.settled();
  const at = folderOf(user);
  await takeBackup(scene.relay.data, join(at, "kept"), user);
  expect(statSync(join(at, "kept")).mode & 0o777).toBe(0o700);
  expect(statSync(join(at, "kept", "MAIL.snapshot")).mode & 0o777).toBe(0o600);
  await restoreBackup(join(at, "kept"), join(at, "data"), { user });
  const options = { data: join(at, "data"), env: scene.env, ...(user && { user }) };
  await using restored = await sceneOf(options, scene.sink);
  await restored.settled();
  expect(await walk(restored.relay, "messages")).toHaveLength(report.accepted.length);
  rmSync(at, { recursive: true, force: true, maxRetries: 10 });
});
