import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BodyRef, BodyRefOf } from "@waybill/schemas";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, readConfig } from "../config.ts";
import { newMessageId } from "../ids.ts";
import { LogUnavailable } from "../log.ts";
import { makeLogger } from "../logger.ts";
import { ownMetrics } from "../metrics/registry.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { hasS3, startS3, type S3Server } from "../testing/s3-server.ts";
import { collectDrafts, draftPath } from "./drafts.ts";
import { pathOf } from "./fs.ts";
import { draftsOf } from "./known-folder.ts";
import { keptOutside } from "./outside.ts";
import { openBodies } from "./open.ts";
import { openBucket } from "./s3-bucket.ts";
import { PART } from "./s3-put.ts";
import { s3Settings } from "./s3-settings.ts";
import { PATIENCE } from "./s3-transport.ts";
import { startBodies } from "./start.ts";
import { BodyDamaged, BodyUnavailable, type BodyOwner, type BodyStore } from "./store.ts";

const log = makeLogger("silent", "test");
const owner = (tenant = "t1") => ({ tenant, messageId: newMessageId() });

let data: string;
let server: LogServer;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "waybill-faults-"));
  server = await startLog();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(data, { recursive: true });
});

const configOf = (settings: Record<string, string>) =>
  readConfig({ WAYBILL_DATA: data, ...settings });
const open = (settings: Record<string, string>, { nats } = server): BodyStore =>
  openBodies({ config: configOf(settings), nats, log });
const readAll = async (bodies: BodyStore, ref: BodyRef, tenant = "t1") =>
  Buffer.concat(await bodies.read(tenant, ref).toArray());

async function* inParts(bytes: Buffer, at = -1, then: () => void = () => undefined) {
  for (let from = 0; from < bytes.length; from += 65_536) {
    if (from === at) then();
    yield bytes.subarray(from, from + 65_536);
  }
}

const HOUR = 3_600_000;

/** What is found of some messages. */
const oldOf = async (config: Config, of: BodyOwner[], before: number) => {
  const all = (await Array.fromAsync(keptOutside(config, server.nats).old(before))).flat();
  return all.filter(({ messageId }) => of.some((one) => one.messageId === messageId));
};

/** What a scrape is told of a store. */
const fallbacksOf = async (store: string): Promise<number> => {
  const line = `waybill_body_fallbacks_total{store="${store}"} `;
  const told = (await ownMetrics()).split("\n").find((one) => one.startsWith(line));
  return Number(told?.slice(line.length));
};

/** A small disk; undefined when nobody lets us make one. */
function smallDisk(path: string): (() => void) | undefined {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path], { stdio: "pipe" });
    return () => execFileSync("umount", [path]);
  } catch {
    console.warn("NOT TESTED: a full disk; it takes root, and the right to mount");
    return undefined;
  }
}

describe("bodies in files", () => {
  test("go to the log's own store when the disk is full in the middle, with nothing lost", async (context) => {
    const folder = join(data, "small");
    const unmount = smallDisk(folder);
    if (unmount === undefined) return context.skip();
    await using its = await startLog();
    try {
      const bodies = open({ WAYBILL_BODY_STORE: "fs", WAYBILL_BODY_FOLDER: folder }, its);
      const bytes = randomBytes(3_000_000);
      const ref = await bodies.write(owner(), inParts(bytes));
      expect(ref).toMatchObject({ store: "jetstream", fallback: "fs", size: bytes.length });
      expect((await readAll(bodies, ref)).equals(bytes)).toBe(true);
      expect(readdirSync(draftsOf(folder))).toEqual([]);
    } finally {
      unmount();
    }
  });

  test("go to the log's own store when the folder cannot be made", async () => {
    writeFileSync(join(data, "file"), "");
    const bodies = open({ WAYBILL_BODY_STORE: "fs", WAYBILL_BODY_FOLDER: join(data, "file/x") });
    const bytes = randomBytes(700_000);
    const before = await fallbacksOf("fs");
    const ref = await bodies.write(owner(), inParts(bytes));
    expect(ref).toMatchObject({ store: "jetstream", fallback: "fs" });
    expect(await fallbacksOf("fs")).toBe(before + 1);
    expect((await readAll(bodies, ref)).equals(bytes)).toBe(true);
  });

  test("are promised to nobody when the log's own store fails as well", async () => {
    const folder = join(data, "file/y");
    const bodies = open({ WAYBILL_BODY_STORE: "fs", WAYBILL_BODY_FOLDER: folder });
    process.kill(server.pid(), "SIGSTOP");
    const writing = bodies.write(owner(), inParts(randomBytes(10)));
    await expect(writing).rejects.toThrow(LogUnavailable);
    process.kill(server.pid(), "SIGCONT");
  });

  test("are read where they are after another store was chosen", async () => {
    const bytes = randomBytes(700_000);
    const ref = await open({ WAYBILL_BODY_STORE: "fs" }).write(owner(), inParts(bytes));
    expect(ref.store).toBe("fs");
    expect((await readAll(open({ WAYBILL_BODY_STORE: "jetstream" }), ref)).equals(bytes)).toBe(
      true,
    );
  });

  test("are not called gone while their folder is away", async () => {
    const away = { WAYBILL_BODY_STORE: "fs", WAYBILL_BODY_FOLDER: join(data, "away") };
    const ref = { store: "fs", id: newMessageId(), size: 1, sha256: "0" } as const;
    await expect(readAll(open(away), ref)).rejects.toThrow(BodyUnavailable);
  });

  test("are removed at once when they are erased, and not read any more even before", async () => {
    const settings = { WAYBILL_BODY_STORE: "fs" };
    const [one, bodies] = [owner(), open(settings)];
    const ref = await bodies.write(one, inParts(randomBytes(300_000)));
    const pieces: unknown[] = [];
    const reading = async () => {
      for await (const piece of bodies.read("t1", { ...ref, sha256: "" })) pieces.push(piece);
    };
    await expect(reading()).rejects.toThrow(BodyDamaged);
    expect(pieces).toEqual([]);
    const outside = keptOutside(configOf(settings), server.nats);
    for (const _ of ["once", "again"]) await outside.remove([{ ...one, body: ref }]);
    expect(existsSync(pathOf(join(data, "bodies"), one))).toBe(false);
    const away = configOf({ ...settings, WAYBILL_BODY_FOLDER: join(data, "away") });
    await expect(keptOutside(away, server.nats).remove([{ ...one, body: ref }])).rejects.toThrow(
      BodyUnavailable,
    );
  });

  test("lie under names of ours alone, and only we may read them", async () => {
    const bodies = open({ WAYBILL_BODY_STORE: "fs" });
    const it = owner();
    await bodies.write(it, inParts(randomBytes(5)));
    const path = pathOf(join(data, "bodies"), it);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const part of ["bodies", "bodies/drafts"])
      expect(statSync(join(data, part)).mode & 0o777).toBe(0o700);
    for (const tenant of ["../x", "", "A", "a/b"])
      await expect(bodies.write(owner(tenant), inParts(randomBytes(5)))).rejects.toThrow(
        RangeError,
      );
  });

  test("leave drafts after a crash, which are collected by their process and their age", async () => {
    const folder = join(data, "crashed");
    mkdirSync(folder);
    const mine = draftPath(folder, owner());
    const dead = `${mine.slice(0, mine.lastIndexOf("-"))}-4194303`;
    const elsewhere = join(folder, `${newMessageId()}.t1.0123456789abcdef-1`);
    for (const path of [mine, dead, elsewhere]) writeFileSync(path, "");
    const how = { age: 60_000, now: Date.now() };
    expect(await collectDrafts(folder, { ...how, atStart: false })).toBe(1);
    utimesSync(elsewhere, 0, 0);
    expect(await collectDrafts(folder, { ...how, atStart: false })).toBe(1);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(await collectDrafts(folder, { ...how, atStart: true })).toBe(1);
  });

  test("stop the first start when their folder cannot be written to, and no later one", async () => {
    const config = configOf({ WAYBILL_BODY_STORE: "fs", WAYBILL_BODY_FOLDER: join(data, "file") });
    await expect(startBodies({ config, nats: server.nats, log, isAgain: false })).rejects.toThrow(
      "bodies cannot be written to",
    );
    (await startBodies({ config, nats: server.nats, log, isAgain: true }))();
  });
});

describe.skipIf(!hasS3())("bodies in S3", () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3();
  }, 300_000);
  afterAll(() => s3[Symbol.asyncDispose]());

  const settings = () => ({ WAYBILL_BODY_STORE: "s3", ...s3.settings });

  test("stop the start when the bucket is not there, or the key is wrong, without telling it", async () => {
    for (const wrong of [
      { WAYBILL_S3_BUCKET: "no-such-bucket" },
      { WAYBILL_S3_SECRET_KEY: "a-wrong-secret" },
      { WAYBILL_S3_ENDPOINT: "http://127.0.0.1:1" },
    ]) {
      const starting = startBodies({
        config: configOf({ ...settings(), ...wrong }),
        nats: server.nats,
        log,
        isAgain: false,
      });
      const error = await starting.catch((one: unknown) => one as Error);
      expect((error as Error).message).toMatch(/^the bucket .* cannot be used: /);
      expect(JSON.stringify(error)).not.toContain("secret");
    }
    (await startBodies({ config: configOf(settings()), nats: server.nats, log, isAgain: false }))();
  });

  test("go to the log's own store when the server stands still in the middle, and wait for it once", async () => {
    const bodies = open(settings());
    const bytes = randomBytes(3_000_000);
    const ref = await bodies.write(
      owner(),
      inParts(bytes, 65_536 * 20, () => s3.signal("SIGSTOP")),
    );
    expect(ref).toMatchObject({ store: "jetstream", fallback: "s3" });
    expect((await readAll(bodies, ref)).equals(bytes)).toBe(true);
    const next = await bodies.write(owner(), inParts(bytes));
    expect(next).toMatchObject({ store: "jetstream", fallback: "s3" });
    s3.signal("SIGCONT");
    expect(readdirSync(join(data, "bodies/drafts"))).toEqual([]);
  });

  test("are found again by their age, and removed", async () => {
    const config = configOf({ ...settings(), WAYBILL_S3_PREFIX: "some/where-" });
    const bodies = openBodies({ config, nats: server.nats, log });
    const mine = [owner(), owner("t2")];
    const refs: BodyRef[] = [];
    for (const one of mine) refs.push(await bodies.write(one, inParts(randomBytes(10))));
    expect(refs.map(({ store }) => store)).toEqual(["s3", "s3"]);
    const found = (before: number) => oldOf(config, mine, before);
    expect(await found(Date.now() - HOUR)).toEqual([]);
    const old = await found(Date.now() + HOUR);
    expect(old).toMatchObject(mine);
    await old[0]?.remove();
    expect(await found(Date.now() + HOUR)).toMatchObject(mine.slice(1));
    const read = refs.map((ref, at) =>
      readAll(bodies, ref, mine[at]?.tenant).catch((error: unknown) => error),
    );
    expect(await read[0]).toMatchObject({ message: expect.stringContaining("not in the bucket") });
    expect(await read[1]).toHaveLength(10);
  });

  test("are put in parts when they are large, and removed as others are", async () => {
    const config = configOf({ ...settings(), WAYBILL_S3_PREFIX: "large/" });
    const bodies = openBodies({ config, nats: server.nats, log });
    const one = owner();
    const ref = await bodies.write(one, inParts(randomBytes(2 * PART + 1)));
    const { bucket, key } = ref as BodyRefOf<"s3">;
    expect((await s3.client.statObject(bucket, key)).etag).toMatch(/-3$/);
    const old = await oldOf(config, [one], Date.now() + HOUR);
    expect(old).toHaveLength(1);
    await old[0]?.remove();
    expect(await s3.client.listObjectsV2(bucket, "large/", true).toArray()).toEqual([]);
  });

  test("go to the log's own store when their parts take too long, and leave none behind", async () => {
    const config = configOf({ ...settings(), WAYBILL_S3_PREFIX: "slow/" });
    const bucket = openBucket(s3Settings(config), { ...PATIENCE, large: 1 });
    const bodies = openBodies({ config, nats: server.nats, log, open: async () => bucket });
    expect(await bodies.write(owner(), inParts(randomBytes(10)))).toMatchObject({ store: "s3" });
    const bytes = randomBytes(2 * PART);
    const ref = await bodies.write(owner(), inParts(bytes));
    expect(ref).toMatchObject({ store: "jetstream", fallback: "s3" });
    expect((await readAll(bodies, ref)).equals(bytes)).toBe(true);
    const { WAYBILL_S3_BUCKET: name = "" } = config;
    const left = () => s3.client.listIncompleteUploads(name, "slow/", true).toArray();
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
    bucket.close();
  });

  test("are not called gone while the server is away", async () => {
    const bodies = open(settings());
    const ref = await bodies.write(owner(), inParts(randomBytes(700_000)));
    expect(ref.store).toBe("s3");
    const away = open({ ...settings(), WAYBILL_S3_ENDPOINT: "http://127.0.0.1:1" });
    await expect(readAll(away, ref)).rejects.toThrow(BodyUnavailable);
    await expect(readAll(open({}), ref)).rejects.toThrow(BodyUnavailable);
  });

  test("are removed at once when they are erased, with what a put without an answer left", async () => {
    const config = configOf({ ...settings(), WAYBILL_S3_PREFIX: "erased/" });
    const bodies = openBodies({ config, nats: server.nats, log });
    const [one, other] = [owner(), owner("t2")];
    const ref = await bodies.write(one, inParts(randomBytes(10)));
    const { bucket, key } = (await bodies.write(
      other,
      inParts(randomBytes(10)),
    )) as BodyRefOf<"s3">;
    const outside = keptOutside(config, server.nats);
    await outside.remove([{ ...one, body: ref }]);
    await outside.remove([{ ...one, body: ref }]);
    const left = () => s3.client.listObjectsV2(bucket, "erased/", true).toArray();
    expect(await left()).toMatchObject([{ name: key }]);
    const inLog: BodyRef = { store: "jetstream", chunks: [], size: 10, sha256: "", fallback: "s3" };
    await outside.remove([{ ...other, body: inLog }]);
    expect(await left()).toEqual([]);
    await expect(
      keptOutside(configOf({}), server.nats).remove([{ ...one, body: ref }]),
    ).rejects.toThrow(BodyUnavailable);
  });
});
