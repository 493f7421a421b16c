import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Config, readConfig } from "./config.ts";
import type { Engine } from "./engines/engine.ts";
import { startNatsServer } from "./engines/nats-server.ts";
import { type FirstCredentials, firstStart } from "./first-start.ts";
import { followDirectory } from "./follow-directory.ts";
import { userIdOf } from "./ids.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";
import { verifyPassword } from "./passwords.ts";
import { makeSecrets } from "./secrets.ts";
import { ensureStreams, STREAMS } from "./streams.ts";

const log = makeLogger("silent", "test");
const secrets = makeSecrets("a master key of a test, long enough");
let folder: string;
let config: Config;
let engine: Engine;
let nats: Nats;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-first-"));
  config = readConfig({ WAYBILL_DATA: folder });
  engine = await startNatsServer({ folder: join(folder, "nats"), log });
  nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
});
afterEach(async () => {
  await nats.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const file = () => join(folder, "credentials.json");
const kept = async () => JSON.parse(await readFile(file(), "utf8")) as FirstCredentials;
const lastSeq = async () => (await nats.jsm.streams.info(STREAMS.control)).state.last_seq;

test("the first start makes the platform, the demo tenant and an administrator who can log in", async () => {
  await firstStart(nats, config, secrets);
  const directory = await followDirectory(nats);
  expect(directory.tenants()).toMatchObject([
    { id: "demo", enforceSenderDomains: false },
    { id: "platform", enforceSenderDomains: true },
  ]);
  const { email, password } = (await kept()).admin;
  const admin = directory.find("platform", "user", userIdOf(email))?.entity;
  expect(admin).toMatchObject({ email, role: "admin" });
  expect(await verifyPassword(password, admin?.passwordHash)).toBe(true);
  await directory.stop();
});

test("a later start changes nothing, without the file too", async () => {
  await firstStart(nats, config, secrets);
  const [seq, credentials] = [await lastSeq(), await kept()];
  await firstStart(nats, config, secrets);
  expect(await kept()).toEqual(credentials);
  await rm(file());
  await firstStart(nats, config, secrets);
  expect(await lastSeq()).toBe(seq);
});

test("a first start that was interrupted is completed with the credentials it had kept", async () => {
  await firstStart(nats, config, secrets);
  const credentials = await kept();
  const before = await lastSeq();
  await nats.jsm.streams.purge(STREAMS.control, { filter: "control.demo.tenant.demo" });
  await nats.jsm.streams.purge(STREAMS.control, { filter: "control.platform.user.*" });
  await writeFile(file(), JSON.stringify(credentials));
  await firstStart(nats, config, secrets);
  expect(await lastSeq()).toBe(before + 2);
  const directory = await followDirectory(nats);
  const { email, password } = credentials.admin;
  const admin = directory.find("platform", "user", userIdOf(email))?.entity;
  expect(await verifyPassword(password, admin?.passwordHash)).toBe(true);
  expect(directory.tenant("demo")).toBeDefined();
  await directory.stop();
});

test("an installation that was made without the platform's tenant is given it", async () => {
  await firstStart(nats, config, secrets);
  await nats.jsm.streams.purge(STREAMS.control, { filter: "control.platform.tenant.platform" });
  await firstStart(nats, config, secrets);
  const directory = await followDirectory(nats);
  expect(directory.tenant("platform")).toBeDefined();
  await directory.stop();
});
