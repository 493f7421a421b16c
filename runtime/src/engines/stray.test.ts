import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { endStrayProcess } from "./stray.ts";
import { isAlive, temporaryFolder, until } from "./testing/kit.ts";

/** A `sleep` running in a new folder, named in a pid file there. */
async function runningSleep(name = "sleep") {
  const folder = await temporaryFolder();
  const cwd = await realpath(folder.path);
  const program = join(cwd, name);
  await copyFile("/bin/sleep", program);
  const child = spawn(program, ["600"], { cwd, stdio: "ignore" });
  const pid = child.pid ?? 0;
  const pidFile = join(cwd, "pid");
  await writeFile(pidFile, `${pid}\n`);
  await until(
    async () => (await readFile(`/proc/${pid}/comm`, "utf8")) === `${name.slice(0, 15)}\n`,
  );
  const end = async () => {
    child.kill("SIGKILL");
    await folder[Symbol.asyncDispose]();
  };
  return { pid, pidFile, cwd, [Symbol.asyncDispose]: end };
}

test.each(["sleep", "sleep-server-v2.14.0"])("a stray engine is ended: %s", async (command) => {
  await using sleep = await runningSleep(command);
  const { pidFile, cwd, pid } = sleep;
  expect(await endStrayProcess({ pidFile, command, cwd })).toBe("ended");
  expect(await isAlive(pid)).toBe(false);
});

test.each([
  ["another program", { command: "postgres" }],
  ["the same program in another folder", { cwd: "/" }],
])("%s with that process id is left alone, its pid file is not", async (_, differs) => {
  await using sleep = await runningSleep();
  const { pidFile, cwd, pid } = sleep;
  expect(await endStrayProcess({ pidFile, command: "sleep", cwd, ...differs })).toBe("none");
  expect(await isAlive(pid)).toBe(true);
  expect(existsSync(pidFile)).toBe(false);
});

test("no pid file, no stray", async () => {
  const nowhere = { pidFile: "/no/such/file", command: "sleep", cwd: "/" };
  expect(await endStrayProcess(nowhere)).toBe("none");
});
