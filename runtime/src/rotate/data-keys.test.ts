import { afterEach, beforeEach, expect, test } from "vitest";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { keyIdIn } from "../vault.ts";
import { rotate } from "./rotate.ts";
import { directoryOf, dyingAfter, facts, install, opened } from "./testing/installation.ts";

const [OLD, NEW] = ["the old master key", "the new master key"];
const KEYS = { from: OLD, to: NEW };

let log: LogServer;
beforeEach(async () => {
  log = await startLog();
});
afterEach(() => log[Symbol.asyncDispose]());

async function dataKeys(): Promise<string[][]> {
  const directory = await directoryOf(log.nats);
  return ["a", "b", "c"].map((one) => directory.entities(one, "datakey").map(({ id }) => id));
}

test("new data keys seal every tenant's secrets, and the old ones are gone", async () => {
  const all = await install(log.nats, OLD);
  const rotated = await rotate(log.nats, KEYS, true);
  expect(rotated).toEqual({ resealed: 4, dataKeys: 2, secrets: 3 });
  expect(await opened(log.nats, NEW)).toEqual(all);
  expect(await dataKeys()).toEqual([["2"], ["2"], []]);
  const user = (await directoryOf(log.nats)).find("b", "usersmtp", "u");
  expect(keyIdIn(user?.entity.sealedPassword ?? "")).toBe("2");
});

test.each([0, 1, 2, 3, 4, 5, 6])(
  "a change that is killed after %i of its 7 facts loses nothing, and the next run finishes it",
  async (after) => {
    const all = await install(log.nats, OLD);
    await rotate(log.nats, KEYS, false);
    const before = await facts(log.nats);
    const killed = rotate(dyingAfter(after, log.nats), KEYS, true);
    await expect(killed).rejects.toThrow(/log does not answer/);
    expect(await facts(log.nats)).toBe(before + after);
    expect(await opened(log.nats, NEW)).toEqual(all);
    await rotate(log.nats, KEYS, true);
    expect((await dataKeys()).map(({ length }) => length)).toEqual([1, 1, 0]);
    expect(await opened(log.nats, NEW)).toEqual(all);
  },
);
