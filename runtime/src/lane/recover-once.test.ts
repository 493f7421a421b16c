import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { Lane } from "./lane.ts";
import { FiredLately } from "./fired-lately.ts";
import { Slots } from "./slots.ts";
import { standStill } from "../testing/stand-still.ts";

let server: LogServer;
beforeAll(async () => {
  server = await startLog();
});
afterAll(() => server[Symbol.asyncDispose]());

const nothing = () => Promise.resolve();

/** Times that a lane is told to recover, and milliseconds behind the first failure in which the others would fail. */
const [TIMES, WATCHED] = [10, 2000];

test("a lane that is told to recover again and again while the log is silent tries that once at a time", async () => {
  const said: string[] = [];
  const log = pino({}, { write: (line: string) => void said.push(line) });
  const lane = new Lane(0, {
    nats: server.nats,
    log,
    handle: nothing,
    concurrencyOf: () => 1,
    slots: new Slots(1),
    lately: new FiredLately(),
  });
  await standStill(server.pid());
  try {
    for (let at = 0; at < TIMES; at += 1) lane.recoverSoon();
    while (said.length === 0) await sleep(20);
    await sleep(WATCHED);
  } finally {
    process.kill(server.pid(), "SIGCONT");
    await lane.letGo();
  }
  expect(said.length).toBeLessThan(TIMES);
});
