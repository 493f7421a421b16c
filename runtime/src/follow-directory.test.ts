import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entity } from "@waybill/schemas";
import { ownFact, putEntity } from "./control.ts";
import { followDirectory } from "./follow-directory.ts";
import { LogUnavailable } from "./log.ts";
import { startLog, type LogServer } from "./testing/log-server.ts";

let log: LogServer;
beforeAll(async () => {
  log = await startLog();
});
afterAll(() => log[Symbol.asyncDispose]());

const sandbox = (id: string): Entity => ({
  kind: "provider",
  type: "sandbox",
  id,
  name: id,
  concurrency: 1,
});
const put = (id: string) => putEntity(log.nats, ownFact("a", sandbox(id), "test"));
/** Asks again while the server is away. */
async function untilThere<T>(ask: () => Promise<T>): Promise<T> {
  return ask().catch((error: unknown) => {
    if (error instanceof LogUnavailable) return untilThere(ask);
    throw error;
  });
}

const made = { tenant: "a", time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
const future = { ...made, kind: "future", id: "f", entity: { kind: "future", id: "f" } };
const FOREIGN = ["no JSON", "null", "7", "{}", '{"tenant":"a","kind":"provider","id":"x"}'];

describe("what is no fact that this version knows", () => {
  test("changes nothing, and stops nobody, be it there at the start or come later", async () => {
    const running = await followDirectory(log.nats);
    for (const [at, text] of FOREIGN.entries())
      await log.nats.js.publish(`control.a.provider.x${at}`, text);
    await log.nats.js.publish("control.a.future.f", JSON.stringify(future));
    await running.reached(await put("after"));
    const started = await followDirectory(log.nats);
    for (const directory of [running, started]) {
      expect(directory.entities("a", "provider").map(({ id }) => id)).toEqual(["after"]);
      await directory.stop();
    }
  });
});

describe("a directory whose server is killed", () => {
  test("knows what comes after it, and what was removed, as one that starts then", async () => {
    const running = await followDirectory(log.nats);
    const tombstone = { ...made, kind: "provider", id: "gone", entity: null };
    for (const round of [1, 2, 3]) {
      await put("gone");
      process.kill(log.pid(), "SIGKILL");
      const removed = await untilThere(() => putEntity(log.nats, tombstone));
      await running.reached(await put(`kept${round}`));
      const started = await followDirectory(log.nats);
      for (const directory of [running, started]) {
        expect(directory.provider("a", `kept${round}`)).toBeDefined();
        expect(directory.provider("a", "gone")).toBeUndefined();
        expect(directory.lastSeq("a", "provider", "gone")).toBe(removed);
      }
      await started.stop();
    }
    await running.stop();
  });
});
