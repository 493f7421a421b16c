import { afterEach, beforeEach, expect, it } from "vitest";
import { STREAMS } from "../streams.ts";
import { type LogServer, startLog } from "../testing/log-server.ts";
import { purgeBodies, purgeEvents } from "./purge.ts";

const HOUR = 3_600_000;

let log: LogServer;
/** What the server was asked to purge, by stream. */
let purges: [string, object][];

beforeEach(async () => {
  log = await startLog();
  purges = [];
  log.nats.nc.subscribe("$JS.API.STREAM.PURGE.*", {
    callback: (_error, message) =>
      void purges.push([message.subject.split(".").at(-1) ?? "", message.json()]),
  });
});
afterEach(() => log[Symbol.asyncDispose]());

const event = async (tenant: string) =>
  (await log.nats.js.publish(`mail.fact.0.${tenant}.delivered`, "{}")).seq;
const timer = () =>
  log.nats.js.publish("timer.0.acme.x.y", "{}", {
    schedule: { specification: new Date(Date.now() + HOUR), target: "mail.work.0.acme.due" },
  });
const kept = async (stream: string) => (await log.nats.jsm.streams.info(stream)).state.messages;
const later = () => new Date(Date.now() + HOUR);

it("asks for no purge where nothing is to be removed: the server would read the whole stream", async () => {
  const until = await event("acme");
  await purgeEvents(log.nats, "globex", { until: until + 1, before: later() });
  await purgeEvents(log.nats, undefined, { until, before: later() });
  await purgeBodies(log.nats, undefined, later());
  expect([purges, await kept(STREAMS.mail)]).toEqual([[], 1]);
});

it("drops whole what is of all tenants, and picks what is of one", async () => {
  await log.nats.js.publish("body.0.acme", "x");
  const until = (await event("acme")) + 1;
  await event("globex");
  expect(await purgeEvents(log.nats, "acme", { until, before: later() })).toBe(1);
  expect(await purgeEvents(log.nats, undefined, { until: until + 1, before: later() })).toBe(1);
  expect(await purgeBodies(log.nats, undefined, later())).toBe(1);
  expect(purges).toEqual([
    ["MAIL", { filter: "mail.*.*.acme.*", seq: 2 }],
    ["MAIL", { seq: 3 }],
    ["BODIES", { seq: 2 }],
  ]);
});

it("picks the events of all tenants where a timer is among them", async () => {
  await timer();
  const until = (await event("acme")) + 1;
  expect(await purgeEvents(log.nats, undefined, { until, before: later() })).toBe(1);
  expect(purges).toEqual([["MAIL", { filter: "mail.*.*.*.*", seq: until }]]);
  expect(await kept(STREAMS.mail)).toBe(1);
});
