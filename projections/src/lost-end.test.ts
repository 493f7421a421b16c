import { setTimeout as sleep } from "node:timers/promises";
import { lastSeqOf, STREAMS } from "@waybill/runtime";
import { ownMetrics } from "@waybill/runtime/metrics";
import { readCheckpoint } from "@waybill/runtime/postgres";
import type { MailEvent } from "@waybill/schemas";
import { expect, it } from "vitest";
import { rebuild } from "./rebuild.ts";
import { sweepOutside } from "./retention/outside.ts";
import { viewsThrough, viewsUntil } from "./retention/views.ts";
import { silent } from "./testing/engines.ts";
import { erasedOf, recordErased } from "./testing/erase.ts";
import { longHistory } from "./testing/history.ts";
import { noteLog } from "./testing/lose-end.ts";
import { World } from "./testing/world.ts";

const ANOTHER = "views are of another log";

/** Hears why the projections of mail begin again. */
function listening() {
  const heard: string[] = [];
  const warn = ({ projection, why }: { projection?: string; why?: string }) =>
    void (projection === "views" && heard.push(why ?? ""));
  return { heard, log: { ...silent, warn } as typeof silent };
}

const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await sleep(50);
};

/** Events of other messages than those of a history. */
const others = (history: readonly MailEvent[]): MailEvent[] =>
  history.map((event) => ({ ...event, messageId: event.messageId.replace(/^01J/, "01K") }));

const lastOf = ({ engines: { nats } }: World) => lastSeqOf(nats, STREAMS.mail, "mail.>");

const rebuilt = ({ engines: { nats, postgres } }: World) => rebuild(nats, postgres.url, silent);

const DAY = 86_400_000;

const remove = () => Promise.resolve();

async function* old() {
  yield [{ tenant: "acme", messageId: "01JZZZZZZZZZZZZZZZZZZZZZZZ", changed: 0, remove }];
}

/** What a sweep goes by, and how many files of a message it removes that no event in the views speaks of. */
async function swept({ pool, engines: { nats } }: World) {
  const asked = { pool, nats, outside: { old }, kept: () => 7 * DAY, now: Date.now() };
  return {
    through: await viewsThrough(pool, nats),
    until: await viewsUntil(pool, nats),
    files: await sweepOutside(asked),
  };
}

const NOTHING = { through: 0, until: 0, files: 0 };

/** The views hold every event of the log, and go on. */
async function isWhole(world: World, live: readonly MailEvent[]): Promise<void> {
  await world.caughtUp(await world.append(live));
  const last = await lastOf(world);
  const { rows } = await world.pool.query("SELECT seq::int FROM audit ORDER BY seq");
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
  expect(await rebuilt(world)).toMatchObject({ identical: true });
}

/** Takes a log of 300 events, which the views hold, back to 200 of them. */
async function takeBack(world: World): Promise<void> {
  const history = longHistory(300, 21);
  await world.caughtUp(await world.append(history.slice(0, 200)));
  const again = await noteLog(world.engines);
  await world.caughtUp(await world.append(history.slice(200)));
  await again();
}

/** The same, and the projection has said so. */
async function loseEnd(world: World, heard: readonly string[]): Promise<void> {
  await takeBack(world);
  await until(() => heard.some((why) => why.includes(ANOTHER)));
  expect(await lastOf(world)).toBe(200);
}

it("does not go on with a log that lost its end, and has events of other mail there by now", async () => {
  await using world = await World.start();
  const { heard, log } = listening();
  const live = world.project(100, { log });
  await loseEnd(world, heard);
  expect(heard).toContain(
    `${ANOTHER}: it ends at 200, they at 300: \`npm run rebuild\` makes them anew`,
  );
  expect(await swept(world)).toEqual(NOTHING);

  await world.append(others(longHistory(150, 22)));
  heard.length = 0;
  await until(() => heard.length >= 2);
  expect(new Set(heard)).toEqual(
    new Set([`${ANOTHER}: it has another event at 300: \`npm run rebuild\` makes them anew`]),
  );
  expect(await readCheckpoint(world.pool, "views")).toBe(300);
  expect((await world.rows())["audit"]).toHaveLength(300);
  expect(await swept(world)).toEqual(NOTHING);
  expect(await ownMetrics()).toMatch(/^waybill_projection_lag\{projection="views"\} 350$/m);

  expect(await rebuilt(world)).toMatchObject({ events: 300, identical: false });
  await world.caughtUp(350);
  await isWhole(world, others(longHistory(20, 23)));
  expect(await swept(world)).toEqual({ through: 370, until: Infinity, files: 1 });
  await live.stop();
});

it("does not either when these events are there before it has read again", async () => {
  await using world = await World.start();
  const { heard, log } = listening();
  const live = world.project(100, { log });
  await takeBack(world);
  await world.append(others(longHistory(150, 22)));
  await until(() => heard.some((why) => why.includes("it has another event at 300")));
  expect(await readCheckpoint(world.pool, "views")).toBe(300);
  await live.stop();
});

it("finds out too when it was stopped meanwhile, and what is at its checkpoint has gone again", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  const { heard, log } = listening();
  const first = world.project(100, { log });
  await loseEnd(world, heard);
  await first.stop();
  await world.append(others(longHistory(150, 22)));
  await nats.jsm.streams.deleteMessage(STREAMS.mail, 300);
  expect(await swept(world)).toEqual(NOTHING);

  const live = world.project(100, { log });
  heard.length = 0;
  await until(() => heard.length > 0);
  expect(heard[0]).toContain(ANOTHER);
  expect(await readCheckpoint(world.pool, "views")).toBe(300);
  await live.stop();
});

it("is rebuilt also while the log ends before the views", async () => {
  await using world = await World.start();
  const { heard, log } = listening();
  const live = world.project(100, { log });
  await loseEnd(world, heard);
  expect(await rebuilt(world)).toMatchObject({ events: 200, identical: false });
  expect(await readCheckpoint(world.pool, "views")).toBe(200);
  await isWhole(world, others(longHistory(150, 22)));
  await live.stop();
});

it("is rebuilt also when far more was lost than a rebuild leaves to its end, and timers come last", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  await world.append(longHistory(50, 24));
  const schedule = {
    specification: new Date(Date.now() + 86_400_000),
    target: "mail.work.0.acme.due",
  };
  for (const id of ["x", "y"]) await nats.js.publish(`timer.0.acme.${id}.1`, "{}", { schedule });
  await world.pool.query("UPDATE checkpoint SET seq = 1000000 WHERE name = 'views'");
  expect(await rebuilt(world)).toMatchObject({ events: 50, identical: false });
  expect(await readCheckpoint(world.pool, "views")).toBe(50);
});

it("takes no event that has the place of an erased one for that, when only MAIL lost its end", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  const { heard, log } = listening();
  const live = world.project(100, { log });
  const history = longHistory(300, 21);
  await world.caughtUp(await world.append(history.slice(0, 200)));
  const again = await noteLog(world.engines, STREAMS.mail);
  const lost = others(longHistory(100, 25));
  await world.caughtUp(await world.append(lost));
  for (const messageId of new Set(lost.map((event) => event.messageId)))
    for (const tenant of ["acme", "globex", "initech"])
      await recordErased(nats, { tenant, messageId }, erasedOf("nobody", true));
  const { state } = await nats.jsm.streams.info(STREAMS.erased);
  expect(state.last_seq).toBeGreaterThan(50);
  await world.erasedCaughtUp(state.last_seq);
  await again();
  await until(() => heard.some((why) => why.includes(ANOTHER)));

  const later = history.slice(200, 250);
  await world.append(later);
  expect(await rebuilt(world)).toMatchObject({ events: 250 + state.last_seq, identical: false });
  await isWhole(world, history.slice(250));
  const { rows } = await world.pool.query(
    "SELECT message_id FROM audit WHERE seq > 200 ORDER BY seq",
  );
  expect(rows.map((row) => row.message_id)).toEqual(history.slice(200).map((one) => one.messageId));
  await live.stop();
});

it("goes on after a crash, an erasure of the last event, a removal of all, and a version that knew no times", async () => {
  await using world = await World.start();
  const { nats, natsServer } = world.engines;
  const { heard, log } = listening();
  let last = 0;
  const goesOn = async (seed: number, change: () => Promise<unknown> | void): Promise<void> => {
    const live = world.project(100, { log });
    last = await world.append(longHistory(50, seed));
    await world.caughtUp(last);
    await live.stop();
    await change();
  };
  await goesOn(31, () => void process.kill(natsServer.pid, "SIGKILL"));
  await goesOn(32, () => nats.jsm.streams.deleteMessage(STREAMS.mail, last, true));
  await goesOn(33, () => nats.jsm.streams.purge(STREAMS.mail, { filter: "mail.>" }));
  await goesOn(34, () =>
    world.pool.query(
      "UPDATE checkpoint SET event_seq = seq - 1, event_at = event_at - interval '1 h'",
    ),
  );
  await goesOn(35, () => undefined);
  expect((await world.rows())["audit"]).toHaveLength(250);
  expect(await swept(world)).toEqual({ through: last, until: Infinity, files: 1 });
  expect(heard.filter((why) => why.includes(ANOTHER))).toEqual([]);
});
