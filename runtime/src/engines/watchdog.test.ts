import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { temporaryFolder, until } from "./testing/kit.ts";
import { spawnGuarded } from "./watchdog.ts";

const output = openSync("/dev/null", "w");
const STUBBORN = "trap '' INT; echo ready; while :; do sleep 0.05; done";

test("a guarded program gets the stop signal", async () => {
  const child = spawnGuarded({ command: "sleep", args: ["600"], cwd: "/", output });
  await child.stop();
  expect(await child.exited).toBe("SIGINT");
});

test("a guarded program that ignores the stop signal is killed", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "out");
  const options = { command: "sh", args: ["-c", STUBBORN], cwd: "/", output: openSync(file, "a") };
  const child = spawnGuarded({ ...options, graceMs: 100 });
  await until(async () => (await readFile(file, "utf8")).includes("ready"));
  await child.stop();
  expect(await child.exited).toBe("SIGKILL");
});

test("a guarded program sees nothing of our environment", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "out");
  const child = spawnGuarded({ command: "env", args: [], cwd: "/", output: openSync(file, "a") });
  expect(await child.exited).toBe("exit code 0");
  const names = (await readFile(file, "utf8")).matchAll(/^(\w+)=/gm).map(([, name]) => name);
  expect(new Set(names).difference(new Set(["PATH", "LC_ALL", "TZ", "PWD", "_"]))).toEqual(
    new Set(),
  );
});

test("a program that does not exist has exited", async () => {
  const child = spawnGuarded({ command: "/no/such/program", args: [], cwd: "/", output });
  expect(await child.exited).toBe("exit code 127");
});

test("a folder that does not exist counts as exited", async () => {
  const child = spawnGuarded({ command: "sleep", args: ["600"], cwd: "/no/such/folder", output });
  expect(await child.exited).toContain("ENOENT");
});

test.skipIf(process.getuid?.() === 0)("an account we cannot become counts as exited", async () => {
  const account = { uid: 0, gid: 0 };
  const child = spawnGuarded({ command: "true", args: [], cwd: "/", account, output });
  expect(await child.exited).toContain("EPERM");
});
