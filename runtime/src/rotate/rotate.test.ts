import { randomBytes } from "node:crypto";
import type { Entity, Provider, SigningKey, UserSmtp } from "@waybill/schemas";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownFact, putEntity } from "../control.ts";
import { Directory } from "../directory.ts";
import { followDirectory } from "../follow-directory.ts";
import { unlock } from "../master-key.ts";
import type { Nats } from "../nats.ts";
import { replay } from "../replay.ts";
import { makeSecrets } from "../secrets.ts";
import { STREAMS } from "../streams.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { keyIdIn, makeVault } from "../vault.ts";
import { rotate } from "./rotate.ts";

const [OLD, NEW, THIRD] = ["the old master key", "the new master key", "a third master key"];
const KEYS = { from: OLD, to: NEW };
const TIME = "2026-01-01T00:00:00.000Z";

let log: LogServer;
beforeEach(async () => {
  log = await startLog();
});
afterEach(() => log[Symbol.asyncDispose]());

const put = (tenant: string, entity: Entity) =>
  putEntity(log.nats, ownFact(tenant, entity, "test"));

const provider = (sealedPassword: string): Provider => ({
  kind: "provider",
  type: "smtp",
  id: "p",
  name: "P",
  concurrency: 1,
  smtp: {
    host: "h",
    port: 25,
    tls: "none",
    verify: false,
    auth: { method: "PLAIN", username: "u", sealedPassword },
  },
});

const userSmtp = (sealedPassword: string): UserSmtp => ({
  kind: "usersmtp",
  id: "u",
  host: "h",
  port: 25,
  secure: false,
  user: "u",
  sealedPassword,
  updatedAt: TIME,
  updatedBy: "u",
});

const signingKey = (sealedPrivateKey: string): SigningKey => ({
  kind: "signingkey",
  id: "k",
  publicKey: {},
  sealedPrivateKey,
  createdAt: TIME,
});

/** An installation with secrets of two tenants; the hash of a password. */
async function install(): Promise<string> {
  const secrets = await unlock(log.nats, OLD);
  const directory = await followDirectory(log.nats);
  const vault = makeVault(log.nats, directory, secrets);
  await put("platform", signingKey(secrets.seal("private key")));
  await put("a", provider(await vault.seal("a", "password of a")));
  await put("b", provider(await vault.seal("b", "password of b")));
  await put("b", userSmtp(await vault.seal("b", "password of u")));
  await put("c", { kind: "provider", type: "sandbox", id: "p", name: "P", concurrency: 1 });
  await directory.stop();
  return secrets.hash("machine");
}

/** What an installation holds, as a process that starts with that key opens it. */
async function opened(master: string) {
  const secrets = await unlock(log.nats, master);
  const directory = await followDirectory(log.nats);
  await directory.stop();
  const vault = makeVault(log.nats, directory, secrets);
  const passwordOf = (tenant: string) => {
    const found = directory.provider(tenant, "p");
    return found?.type === "smtp" && vault.open(tenant, found.smtp.auth?.sealedPassword ?? "");
  };
  const user = directory.find("b", "usersmtp", "u")?.entity.sealedPassword ?? "";
  const signing = directory.find("platform", "signingkey", "k")?.entity.sealedPrivateKey ?? "";
  return {
    passwords: [passwordOf("a"), passwordOf("b"), vault.open("b", user)],
    signing: secrets.open(signing),
    hash: secrets.hash("machine"),
  };
}

const ALL = {
  passwords: ["password of a", "password of b", "password of u"],
  signing: "private key",
};

/** The log to a process that is killed after so many facts. */
function dyingAfter(facts: number): Nats {
  let left = facts;
  const publish: Nats["js"]["publish"] = (...what) => {
    if (left === 0) throw new Error("killed");
    left -= 1;
    return log.nats.js.publish(...what);
  };
  return { ...log.nats, js: Object.assign(Object.create(log.nats.js), { publish }) };
}

async function facts(): Promise<number> {
  let count = 0;
  for await (const _one of replay(log.nats, { stream: STREAMS.control, filters: ["control.>"] }))
    count += 1;
  return count;
}

describe("a change of the master key", () => {
  test("leaves every secret and hash as it was, under the new key alone", async () => {
    const hash = await install();
    expect(await rotate(log.nats, KEYS, false)).toEqual({ resealed: 4, dataKeys: 0, secrets: 0 });
    expect(await opened(NEW)).toEqual({ ...ALL, hash });
    await expect(opened(OLD)).rejects.toThrow(/master key is not the one/);
  });

  test("run again changes nothing, and may be followed by another", async () => {
    const hash = await install();
    await rotate(log.nats, KEYS, false);
    const before = await facts();
    expect((await rotate(log.nats, KEYS, false)).resealed).toBe(0);
    expect(await facts()).toBe(before);
    await rotate(log.nats, { from: NEW, to: THIRD }, false);
    expect(await opened(THIRD)).toEqual({ ...ALL, hash });
  });

  test("that was killed after any fact lets nothing start, and the next run finishes it", async () => {
    const hash = await install();
    let [from, to] = [OLD, NEW];
    for (let died = true, after = 1; died; after += 1) {
      const run = rotate(dyingAfter(after), { from, to }, false);
      died = await run.then(
        () => false,
        () => true,
      );
      if (died) {
        await expect(unlock(log.nats, from)).rejects.toThrow(/master key is not the one/);
        await expect(unlock(log.nats, to)).rejects.toThrow(/was not finished/);
        await rotate(log.nats, { from, to }, false);
      } else expect(after).toBe(6);
      expect(await opened(to)).toEqual({ ...ALL, hash });
      [from, to] = [to, `master key ${randomBytes(8).toString("hex")}`];
    }
  });

  test.each([
    [{ from: THIRD, to: NEW }, /master key is not the one/],
    [{ from: THIRD, to: OLD }, undefined],
  ])("with a wrong old key changes nothing", async (keys, why) => {
    const hash = await install();
    const before = await facts();
    const run = rotate(log.nats, keys, false);
    if (why === undefined) expect((await run).resealed).toBe(0);
    else await expect(run).rejects.toThrow(why);
    expect(await facts()).toBe(before);
    expect(await opened(OLD)).toEqual({ ...ALL, hash });
  });

  test("that was not finished is not finished with other keys", async () => {
    await install();
    await rotate(dyingAfter(3), KEYS, false).catch(() => undefined);
    const other = rotate(log.nats, { from: NEW, to: THIRD }, false);
    await expect(other).rejects.toThrow(/under neither key/);
    await rotate(log.nats, KEYS, false);
    expect(await opened(NEW)).toMatchObject(ALL);
  });

  test("is refused while a stage runs, and where there is no installation", async () => {
    await expect(rotate(log.nats, KEYS, false)).rejects.toThrow(/no installation/);
    await install();
    const stage = await followDirectory(log.nats);
    await expect(rotate(log.nats, KEYS, false)).rejects.toThrow(/stages of the relay run/);
    await stage.stop();
    expect((await rotate(log.nats, KEYS, false)).resealed).toBe(4);
  });
});

describe("a change of the data keys", () => {
  const keyIds = (of: Directory) =>
    ["a", "b", "c"].map((one) => of.entities(one, "datakey").map(({ id }) => id));

  async function directoryNow(): Promise<Directory> {
    const directory = await followDirectory(log.nats);
    await directory.stop();
    return directory;
  }

  test("seals every tenant's secrets under a new key, and ends the old ones", async () => {
    const hash = await install();
    const rotated = await rotate(log.nats, KEYS, true);
    expect(rotated).toEqual({ resealed: 4, dataKeys: 2, secrets: 3 });
    expect(await opened(NEW)).toEqual({ ...ALL, hash });
    const directory = await directoryNow();
    expect(keyIds(directory)).toEqual([["2"], ["2"], []]);
    expect(keyIdIn(directory.find("b", "usersmtp", "u")?.entity.sealedPassword ?? "")).toBe("2");
  });

  test("that was killed after any fact loses nothing, and the next run finishes it", async () => {
    const hash = await install();
    await rotate(log.nats, KEYS, false);
    for (let died = true, after = 0; died; after += 1) {
      const run = rotate(dyingAfter(after), KEYS, true);
      died = await run.then(
        () => false,
        () => true,
      );
      expect(await opened(NEW)).toEqual({ ...ALL, hash });
      await rotate(log.nats, KEYS, true);
      const directory = await directoryNow();
      expect(keyIds(directory).map(({ length }) => length)).toEqual([1, 1, 0]);
      expect(await opened(NEW)).toEqual({ ...ALL, hash });
    }
  });
});
