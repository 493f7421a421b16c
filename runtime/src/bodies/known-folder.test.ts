import { randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { BodyRef } from "@waybill/schemas";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Config, readConfig } from "../config.ts";
import { newMessageId } from "../ids.ts";
import { makeLogger } from "../logger.ts";
import type { StartError } from "../start-error.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { pathOf } from "./fs.ts";
import { draftsOf } from "./known-folder.ts";
import { openBodies } from "./open.ts";
import { keptOutside } from "./outside.ts";
import { startBodies } from "./start.ts";
import { BodyDamaged, BodyUnavailable } from "./store.ts";

const log = makeLogger("silent", "test");
const DAY = 86_400_000;
const BYTES = randomBytes(100_000);

let data: string;
let folder: string;
let config: Config;
let server: LogServer;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "waybill-folder-"));
  folder = join(data, "volume");
  config = configOf(folder);
  server = await startLog();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(data, { recursive: true });
});

const configOf = (at: string) =>
  readConfig({ WAYBILL_DATA: data, WAYBILL_BODY_STORE: "fs", WAYBILL_BODY_FOLDER: at });
/** Bodies as a process has them that was just started. */
const open = () => openBodies({ config, nats: server.nats, log });
const owner = () => ({ tenant: "t1", messageId: newMessageId() });
const keep = (one = owner(), bodies = open()) => bodies.write(one, Readable.from([BYTES]));
const read = async (ref: BodyRef, bodies = open()) =>
  Buffer.concat(await bodies.read("t1", ref).toArray());
const start = async (isAgain = false, of = config) =>
  (await startBodies({ config: of, nats: server.nats, log, isAgain }))();

/** Another folder in its place, and how to bring it back. */
function takeAway(replace: (path: string) => void): () => void {
  renameSync(folder, `${folder}.away`);
  replace(folder);
  return () => {
    rmSync(folder, { recursive: true, force: true });
    renameSync(`${folder}.away`, folder);
  };
}

const makeOther = (path: string) => mkdirSync(join(path, "drafts"), { recursive: true });

test.each([
  ["an empty one", (path: string) => mkdirSync(path)],
  ["none", () => undefined],
  ["one of drafts", makeOther],
])(
  "given %s in its place, when mail comes, then nothing is made, and nothing is called gone",
  async (_what, replace) => {
    const [one, running] = [owner(), open()];
    const ref = await keep(one, running);
    const bringBack = takeAway(replace);
    const found = existsSync(folder) && readdirSync(folder);
    for (const bodies of [running, open()]) {
      expect(await keep(owner(), bodies)).toMatchObject({ store: "jetstream", fallback: "fs" });
      await expect(read(ref, bodies)).rejects.toThrow(BodyUnavailable);
    }
    const erasing = keptOutside(config, server.nats).remove([{ ...one, body: ref }]);
    await expect(erasing).rejects.toThrow(BodyUnavailable);
    expect(existsSync(folder) && readdirSync(folder)).toEqual(found);
    bringBack();
    expect((await read(ref, running)).equals(BYTES)).toBe(true);
    expect(await keep()).toMatchObject({ store: "fs" });
  },
);

test("given another one in its place, when a process starts, then it says so, and makes nothing", async () => {
  await start();
  const ref = await keep();
  const bringBack = takeAway((path) => mkdirSync(path));
  await expect(start()).rejects.toThrow(`the folder ${folder} is not the one`);
  await start(true);
  expect(readdirSync(folder)).toEqual([]);
  await expect(read(ref)).rejects.toThrow(BodyUnavailable);
  bringBack();
  await start();
  expect((await read(ref)).equals(BYTES)).toBe(true);
});

test("given that of another installation in its place, when a process starts, then it says so", async () => {
  await start();
  takeAway(() => undefined);
  await using other = await startLog();
  (await startBodies({ config, nats: other.nats, log, isAgain: false }))();
  await expect(start()).rejects.toThrow("is not the one");
});

test("given one from before folders were known, when a process has started, then it is known", async () => {
  const path = pathOf(folder, owner());
  for (const at of [dirname(path), draftsOf(folder)]) mkdirSync(at, { recursive: true });
  writeFileSync(path, BYTES);
  const gone = { store: "fs", id: newMessageId(), size: 1, sha256: "0" } as const;
  await expect(read(gone)).rejects.toThrow(BodyDamaged);
  await start();
  await expect(read(gone)).rejects.toThrow(BodyDamaged);
  takeAway(makeOther);
  await expect(read(gone)).rejects.toThrow(BodyUnavailable);
});

test("given a copy elsewhere, when it is the one of the settings, then it is used", async () => {
  const ref = await keep();
  const copy = join(data, "copy");
  cpSync(folder, copy, { recursive: true });
  rmSync(folder, { recursive: true });
  config = configOf(copy);
  await start();
  expect((await read(ref)).equals(BYTES)).toBe(true);
});

test("given one that is lost for good, when the hint is followed, then its bodies are gone", async () => {
  const ref = await keep();
  takeAway((path) => mkdirSync(path));
  const { hint } = (await start().catch((error: unknown) => error)) as StartError;
  writeFileSync(/the empty file ([^ ;,]+)/.exec(hint)?.[1] ?? "", "");
  await start();
  await expect(read(ref)).rejects.toThrow(BodyDamaged);
  expect(await keep()).toMatchObject({ store: "fs" });
});

test("given one whose files were removed, the mark too, when a body is read, then it is gone", async () => {
  await start();
  const ref = await keep();
  for (const one of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (one.isFile()) rmSync(join(one.parentPath, one.name));
  await expect(read(ref)).rejects.toThrow(BodyDamaged);
});

test("given one that is cleaned up, when all in it is past its age, then it is still known", async () => {
  await keep();
  const old = (
    await Array.fromAsync(keptOutside(config, server.nats).old(Date.now() + DAY))
  ).flat();
  expect(old).toHaveLength(1);
  for (const { remove } of old) await remove();
  await start();
});

test("given a new one, when several processes start at once, then all of them use it", async () => {
  await Promise.all([start(), start(), start(), keep()]);
  expect(readdirSync(folder).filter((name) => name.startsWith("waybill-"))).toHaveLength(1);
  await start();
});
