import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { allProcesses } from "../relay/processes.ts";
import type { Result } from "./result.ts";

const MAIN = join(import.meta.dirname, "main.ts");

function folderOfItsOwn(): string {
  const folder = mkdtempSync(join(tmpdir(), "waybill-bench-test-"));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const processesOf = (folder: string) =>
  allProcesses().filter(({ command }) => command.includes(folder));

test("a small run ends with its figures in JSON and leaves nothing behind", async () => {
  const data = folderOfItsOwn();
  const args = [MAIN, "--mails", "60", "--rounds", "1", "--size", "900", "--data", data];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Result;
  expect(result.load).toEqual({ mails: 60, connections: 20, size: 900 });
  expect(result.rounds.map(({ peer }) => peer)).toContain("waybill");
  expect(Object.keys(result.parts)).toEqual(
    expect.arrayContaining(["ingress", "actors", "projections+api", "nats-server", "postgres"]),
  );
  for (const { peakMiB } of Object.values(result.parts)) expect(peakMiB).toBeGreaterThan(0);
  expect(readdirSync(data)).toEqual([]);
  expect(processesOf(data)).toEqual([]);
});

test("interrupted, it stops what it started and removes what it kept", async () => {
  const data = folderOfItsOwn();
  const bench = spawn(process.execPath, [MAIN, "--alone", "--data", data], { stdio: "ignore" });
  while (!processesOf(data).some(({ command }) => command.includes("nats-server")))
    await new Promise((resolve) => setTimeout(resolve, 50));
  bench.kill("SIGINT");
  expect(await once(bench, "exit")).toEqual([130, null]);
  expect(readdirSync(data)).toEqual([]);
  expect(processesOf(data)).toEqual([]);
});

test("a backlog ends in a table of what it cost, and leaves nothing behind", async () => {
  const data = folderOfItsOwn();
  const args = [MAIN, "backlog", "--mails", "40", "--data", data];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [figures = "", , , ...rows] = stdout.trim().split("\n");
  expect(JSON.parse(figures)).toMatchObject({
    load: { mails: 40 },
    drainSeconds: expect.any(Number),
    memory: { waiting: { ingress: expect.any(Number), postgres: expect.any(Number) } },
  });
  expect(rows.length).toBeGreaterThan(5);
  expect(stdout).not.toContain("NaN");
  expect(readdirSync(data)).toEqual([]);
  expect(processesOf(data)).toEqual([]);
});

test("a bench that is not there is told so, with those that are", async () => {
  const run = promisify(execFile)(process.execPath, [MAIN, "nothing"]);
  await expect(run).rejects.toMatchObject({
    code: 2,
    stderr:
      "there is no bench nothing: one of throughput, backlog, directory, workers, providers\n",
  });
});
