import { afterEach, beforeEach, expect, test } from "vitest";
import { followDirectory } from "../follow-directory.ts";
import { unlock } from "../master-key.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { rotate } from "./rotate.ts";
import { ALL, dyingAfter, facts, install, opened } from "./testing/installation.ts";

const [OLD, NEW, THIRD] = ["the old master key", "the new master key", "a third master key"];
const KEYS = { from: OLD, to: NEW };

let log: LogServer;
beforeEach(async () => {
  log = await startLog();
});
afterEach(() => log[Symbol.asyncDispose]());

test("a change of the master key leaves secrets and hashes as they were, under the new key alone", async () => {
  const all = await install(log.nats, OLD);
  const before = await facts(log.nats);
  expect(await rotate(log.nats, KEYS, false)).toEqual({ resealed: 4, dataKeys: 0, secrets: 0 });
  expect(await facts(log.nats)).toBe(before + 6);
  expect(await opened(log.nats, NEW)).toEqual(all);
  await expect(opened(log.nats, OLD)).rejects.toThrow(/master key is not the one/);
});

test("one that is run again changes nothing, and may be followed by another", async () => {
  const all = await install(log.nats, OLD);
  await rotate(log.nats, KEYS, false);
  const before = await facts(log.nats);
  expect((await rotate(log.nats, KEYS, false)).resealed).toBe(0);
  expect(await facts(log.nats)).toBe(before);
  await rotate(log.nats, { from: NEW, to: THIRD }, false);
  expect(await opened(log.nats, THIRD)).toEqual(all);
});

test.each([1, 2, 3, 4, 5])(
  "one that is killed after %i of its 6 facts lets nothing start until the next run finishes it",
  async (after) => {
    const all = await install(log.nats, OLD);
    await expect(rotate(dyingAfter(after, log.nats), KEYS, false)).rejects.toThrow(
      /log does not answer/,
    );
    await expect(unlock(log.nats, OLD)).rejects.toThrow(/master key is not the one/);
    await expect(unlock(log.nats, NEW)).rejects.toThrow(/was not finished/);
    await rotate(log.nats, KEYS, false);
    expect(await opened(log.nats, NEW)).toEqual(all);
  },
);

test("one that was not finished is not finished with other keys", async () => {
  await install(log.nats, OLD);
  await rotate(dyingAfter(3, log.nats), KEYS, false).catch(() => undefined);
  const other = rotate(log.nats, { from: NEW, to: THIRD }, false);
  await expect(other).rejects.toThrow(/under neither key/);
  await rotate(log.nats, KEYS, false);
  expect(await opened(log.nats, NEW)).toMatchObject(ALL);
});

test("one from a wrong key changes nothing", async () => {
  const all = await install(log.nats, OLD);
  const before = await facts(log.nats);
  const run = rotate(log.nats, { from: THIRD, to: NEW }, false);
  await expect(run).rejects.toThrow(/master key is not the one/);
  expect((await rotate(log.nats, { from: THIRD, to: OLD }, false)).resealed).toBe(0);
  expect(await facts(log.nats)).toBe(before);
  expect(await opened(log.nats, OLD)).toEqual(all);
});

test("one is refused while a stage runs, and where there is no installation", async () => {
  await expect(rotate(log.nats, KEYS, false)).rejects.toThrow(/no installation/);
  await install(log.nats, OLD);
  const stage = await followDirectory(log.nats);
  await expect(rotate(log.nats, KEYS, false)).rejects.toThrow(/stages of the relay run/);
  await stage.stop();
  expect((await rotate(log.nats, KEYS, false)).resealed).toBe(4);
});
