import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { flood } from "./src/faults/flood.ts";
import { openLog } from "./src/faults/log-access.ts";
import { refusal, startCommand, takeBackup } from "./src/relay/backup.ts";
import { processesWithin } from "./src/relay/processes.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { until } from "./src/relay/until.ts";

let relay: Relay;
let folder: string;
let kept: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-backup-"));
  kept = join(folder, "kept");
  relay = await (await makeRelay()).start();
  const nats = await openLog(relay.engines.natsUrl);
  await flood(nats, "somebody", 200);
  await nats.close();
  await takeBackup(relay.data, kept);
});
afterAll(async () => {
  await relay.discard();
  rmSync(folder, { recursive: true, force: true });
});

const fresh = (): string => mkdtempSync(join(folder, "new-"));

/** Why the backup, with one of its files changed, is refused; nothing of it must have been restored. */
async function refusalOf(file: string, change: (text: string) => string): Promise<string> {
  const path = join(kept, file);
  const before = readFileSync(path, "latin1");
  const data = join(fresh(), "data");
  writeFileSync(path, change(before), "latin1");
  try {
    return await refusal("restore", ["--from", kept], { WAYBILL_DATA: data });
  } finally {
    writeFileSync(path, before, "latin1");
    expect(existsSync(data)).toBe(false);
  }
}

const isOfTheLog = (name: string): boolean => /snapshot$|ndjson$|^manifest/.test(name);

const changed = (text: string): string => `${text.slice(0, 100)}x${text.slice(101)}`;

test.each([
  ["MAIL.snapshot", changed, "MAIL.snapshot is not what was written"],
  ["BODIES.snapshot", (text: string) => text.slice(0, -1), "BODIES.snapshot is not"],
  ["timers.ndjson", () => "{}\n", "timers.ndjson is not"],
  ["secret", changed, "secret is not"],
  ["manifest.json", (text: string) => text.slice(0, -20), "manifest.json is not"],
  ["manifest.json", (text: string) => text.replace('"format": 1', '"format": 7'), "format 7"],
])("a changed %s is refused before anything is touched", async (file, change, why) => {
  expect(await refusalOf(file, change)).toContain(why);
});

test("a backup of a later nats-server is refused, and leaves the folder as it was", async () => {
  const path = join(kept, "manifest.json");
  const before = readFileSync(path, "utf8");
  const data = fresh();
  writeFileSync(path, before.replace(/"natsServer": "[^"]+"/, '"natsServer": "9.1.0"'));
  expect(await refusal("restore", ["--from", kept], { WAYBILL_DATA: data })).toContain("9.1.0");
  writeFileSync(path, before);
  expect(existsSync(join(data, "nats"))).toBe(false);
  expect(existsSync(join(data, "nats.unfinished"))).toBe(false);
});

test("a log or views that are there are not overwritten", async () => {
  const into = (data: string) => refusal("restore", ["--from", kept], { WAYBILL_DATA: data });
  expect(await into(relay.data)).toContain("is in use by another process");
  const data = fresh();
  mkdirSync(join(data, "postgres"));
  expect(await into(data)).toContain("is not empty: it has postgres");
  const NATS_URL = relay.engines.natsUrl;
  const settings = { WAYBILL_DATA: fresh(), NATS_URL };
  const words = await refusal("restore", ["--from", kept], settings);
  expect(words).toMatch(/the log is not empty: it has .*CONTROL.*MAIL/);
});

test("a master key that does not open the backup's secrets is refused, and one is needed", async () => {
  const other = { WAYBILL_DATA: fresh(), WAYBILL_SECRET: "x".repeat(32) };
  const words = await refusal("restore", ["--from", kept], other);
  expect(words).toMatch(/the master key here is not v1\.[0-9a-f]{8}/);
  const bare = join(folder, "bare");
  const taken = await startCommand("backup", ["--to", bare], { WAYBILL_DATA: relay.data }).ended;
  expect(taken.stderr).toMatch(/^The master key v1\.[0-9a-f]{8} is NOT in this backup/);
  expect(["secret", "credentials.json"].filter((name) => existsSync(join(bare, name)))).toEqual([]);
  const without = await refusal("restore", ["--from", bare], { WAYBILL_DATA: fresh() });
  expect(without).toContain("there is no master key here");
  const WAYBILL_SECRET = readFileSync(join(kept, "secret"), "utf8");
  const settings = { WAYBILL_DATA: join(fresh(), "data"), WAYBILL_SECRET };
  expect(await startCommand("restore", ["--from", bare], settings).ended).toMatchObject({
    code: 0,
  });
});

/** A backup that stands still in the middle; one that was too fast is taken again. */
async function standingStill(to: string, settings: Record<string, string>) {
  for (;;) {
    const begun = startCommand("backup", ["--to", to], settings);
    await until(
      "its beginning",
      () => existsSync(join(`${to}.unfinished`, "taken-at")),
      5000,
    ).catch(() => undefined);
    begun.child.kill("SIGSTOP");
    if (existsSync(`${to}.unfinished`)) return begun;
    begun.child.kill("SIGKILL");
    await begun.ended;
    rmSync(to, { recursive: true, force: true });
  }
}

test("a backup that is killed is none, and gives way to the next one", async () => {
  const to = join(folder, "cut");
  const draft = `${to}.unfinished`;
  const settings = { WAYBILL_DATA: relay.data };
  const { child, ended } = await standingStill(to, settings);
  expect(await refusal("backup", ["--to", to], settings)).toContain("it is being taken");
  child.kill("SIGKILL");
  await ended;
  const from = ["--from", draft];
  expect(await refusal("restore", from, { WAYBILL_DATA: fresh() })).toContain("no backup in");
  expect(await startCommand("backup", ["--to", to], settings).ended).toMatchObject({ code: 0 });
  expect(readdirSync(to).toSorted()).toEqual(readdirSync(kept).filter(isOfTheLog).toSorted());
  expect(existsSync(draft)).toBe(false);
  expect(await refusal("backup", ["--to", kept], settings)).toContain("is there already");
});

test.each([
  ["a file of somebody", "letter.txt", "", 0, "what is not of a backup"],
  ["a backup that is taken elsewhere", "taken-at", "elsewhere", 60, "is being taken elsewhere"],
])("%s is left as it is", async (_, name, text, age, why) => {
  const to = mkdtempSync(join(folder, "taken-"));
  rmdirSync(to);
  mkdirSync(`${to}.unfinished`);
  const path = join(`${to}.unfinished`, name);
  writeFileSync(path, text);
  const settings = { WAYBILL_DATA: relay.data };
  const since = Date.now() / 1000 - age;
  utimesSync(path, since, since);
  expect(await refusal("backup", ["--to", to], settings)).toContain(why);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("a backup that was taken elsewhere and has been silent for long gives way", async () => {
  const to = join(folder, "silent");
  const draft = `${to}.unfinished`;
  mkdirSync(draft);
  writeFileSync(join(draft, "taken-at"), "elsewhere");
  const since = Date.now() / 1000 - 3600;
  for (const path of [join(draft, "taken-at"), draft]) utimesSync(path, since, since);
  const settings = { WAYBILL_DATA: relay.data };
  expect(await startCommand("backup", ["--to", to], settings).ended).toMatchObject({ code: 0 });
});

test("a restore that is killed leaves nothing that a relay would take for its log, and is done again", async () => {
  const data = fresh();
  const settings = { WAYBILL_DATA: data };
  const { child, ended } = startCommand("restore", ["--from", kept], settings);
  await until("its beginning", () => existsSync(join(data, "nats.unfinished", "jetstream")));
  child.kill("SIGKILL");
  await ended;
  await until("nothing left", () => processesWithin(data).length === 0);
  expect(existsSync(join(data, "nats"))).toBe(false);
  const again = await startCommand("restore", ["--from", kept], settings).ended;
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(join(data, "nats.unfinished"))).toBe(false);
});

test.each([
  ["backup", ["--where", "x"], "--where"],
  ["backup", [], "--to is missing"],
  ["restore", [], "--from is missing"],
  ["restore", ["--from", "/nowhere"], "there is no backup in /nowhere"],
  ["backup", ["--to", "/nowhere/x"], "there is no log in the data folder"],
] as const)("%s %j is refused", async (command, args, why) => {
  expect(await refusal(command, args, { WAYBILL_DATA: fresh() })).toContain(why);
});
