import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  keptOutside,
  makeLogger,
  openBodies,
  readConfig,
  readOne,
  STREAMS,
} from "@waybill/runtime";
import { isWork, type MailEvent } from "@waybill/schemas";
import { expect, it } from "vitest";
import { rebuild } from "../rebuild.ts";
import { erasedOf, recordErased } from "../testing/erase.ts";
import { silent } from "../testing/engines.ts";
import { longHistory } from "../testing/history.ts";
import { World } from "../testing/world.ts";

const ADDRESS = "User0@m1.test";
const MESSAGE = { tenant: "globex", messageId: `01J${"1".padStart(23, "0")}` };
const history = () => longHistory(300, 3);

const hasAddress = (rows: Record<string, string[]>) =>
  JSON.stringify(rows).toLowerCase().includes(ADDRESS.toLowerCase());

const ofOthers = (rows: Record<string, string[]>) =>
  Object.values(rows).flatMap((all) => all.filter((row) => !row.includes(MESSAGE.messageId)));

async function sameAsRebuilt(world: World): Promise<void> {
  const before = await world.rows();
  const { nats, postgres } = world.engines;
  expect(await rebuild(nats, postgres.url, silent)).toMatchObject({ identical: true });
  expect(await world.rows()).toEqual(before);
}

it("rewrites the rows, overwrites the originals, and is what a rebuild gives", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  const live = world.project(100);
  const events: MailEvent[] = history();
  await world.caughtUp(await world.append(events));
  const before = await world.rows();
  expect(hasAddress(before)).toBe(true);
  await world.erasedCaughtUp(await recordErased(nats, MESSAGE, erasedOf(ADDRESS)));
  const after = await world.rows();
  expect(hasAddress(after)).toBe(false);
  expect(ofOthers(after)).toEqual(ofOthers(before));
  expect(after["audit"]).toEqual(before["audit"]);
  for (let seq = 1; seq <= events.length; seq += 1) {
    const text = Buffer.from((await readOne(nats, STREAMS.mail, seq))?.data ?? []).toString();
    expect(text).not.toContain(ADDRESS);
  }
  await sameAsRebuilt(world);
  // Another recipient of the same message, later.
  const last = await recordErased(nats, MESSAGE, erasedOf("User1@m1.test"));
  await world.erasedCaughtUp(last);
  expect(JSON.stringify(await world.rows())).not.toMatch(/user[01]@m1\.test/i);
  await sameAsRebuilt(world);
  await live.stop();
});

it("waits for views that do not hold the originals yet", async () => {
  await using world = await World.start();
  const events = history();
  const first = world.project(100);
  await world.caughtUp(await world.append(events.slice(0, 150)));
  await first.stop();
  await world.append(events.slice(150));
  const last = await recordErased(world.engines.nats, MESSAGE, erasedOf(ADDRESS));
  const live = world.project(100);
  await world.erasedCaughtUp(last);
  await world.caughtUp(300);
  expect(hasAddress(await world.rows())).toBe(false);
  expect((await world.rows())["audit"]).toHaveLength(300);
  await sameAsRebuilt(world);
  await live.stop();
});

it("is repeated after a crash between the records and the deletion", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  const live = world.project(100);
  await world.caughtUp(await world.append(history()));
  const last = await recordErased(nats, MESSAGE, erasedOf(ADDRESS, true));
  await world.erasedCaughtUp(last);
  const after = await world.rows();
  await live.stop();
  await world.pool.query("UPDATE checkpoint SET seq = 0 WHERE name = 'erased'");
  const again = world.project(100);
  await world.erasedCaughtUp(last);
  expect(await world.rows()).toEqual(after);
  await again.stop();
});

it("removes bytes that are in files too, and waits for their folder when it is away", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  const data = mkdtempSync(join(tmpdir(), "waybill-erased-"));
  const config = readConfig({ WAYBILL_DATA: data, WAYBILL_BODY_STORE: "fs" });
  const bodies = openBodies({ config, nats, log: makeLogger("silent", "test") });
  const body = await bodies.write(MESSAGE, Readable.from([Buffer.from("a secret")]));
  const file = join(data, "bodies", "01J00", "01", `${MESSAGE.messageId}.${MESSAGE.tenant}`);
  expect(existsSync(file)).toBe(true);
  const events = history().map((one) =>
    one.messageId === MESSAGE.messageId && isWork(one) ? { ...one, body } : one,
  );
  const live = world.project(100, { outside: keptOutside(config, nats) });
  await world.caughtUp(await world.append(events));

  renameSync(join(data, "bodies"), join(data, "away"));
  mkdirSync(join(data, "bodies"));
  const last = await recordErased(nats, MESSAGE, erasedOf(ADDRESS));
  await world.caughtUp(await world.append(longHistory(20, 4)));
  const { rows } = await world.pool.query("SELECT seq::int FROM checkpoint WHERE name = 'erased'");
  expect(rows).toEqual([{ seq: 0 }]);
  rmSync(join(data, "bodies"), { recursive: true });
  renameSync(join(data, "away"), join(data, "bodies"));
  await world.erasedCaughtUp(last);
  expect(existsSync(file)).toBe(false);
  expect(hasAddress(await world.rows())).toBe(false);
  await live.stop();
  rmSync(data, { recursive: true });
});

it("brings nothing back when the views are rebuilt meanwhile", async () => {
  await using world = await World.start();
  const { nats, postgres } = world.engines;
  const live = world.project(100);
  const events: MailEvent[] = history();
  await world.caughtUp(await world.append(events));
  const newestFirst = events.toReversed().filter(({ tenant }) => tenant === MESSAGE.tenant);
  const ids = [...new Set(newestFirst.map(({ messageId }) => messageId))].slice(0, 12);
  const work = { isOver: false };
  const erasing = (async () => {
    let last = 0;
    for (const messageId of ids)
      last = await recordErased(nats, { ...MESSAGE, messageId }, erasedOf(ADDRESS, true));
    await world.erasedCaughtUp(last);
    work.isOver = true;
  })();
  let rebuilds = 0;
  // One after another, with a moment for the live views in between: without it they would hardly ever win a race.
  for (; !work.isOver; rebuilds += 1) {
    await rebuild(nats, postgres.url, silent);
    await sleep(300);
  }
  await erasing;
  expect(rebuilds).toBeGreaterThan(0);
  const rows = await world.rows();
  for (const [table, all] of Object.entries(rows)) {
    const theirs = all.filter((row) => ids.some((id) => row.includes(id)));
    expect(table === "activity" ? 1 : theirs.length).toBeGreaterThan(0);
    expect(theirs.join("\n")).not.toMatch(/user\d+@/i);
  }
  expect(rows["audit"]).toHaveLength(events.length);
  await sameAsRebuilt(world);
  await live.stop();
}, 120_000);
