import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = join(import.meta.dirname, "../scripts/tally.ts");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tally-"));
  mkdirSync(join(folder, ".turbo/runs"), { recursive: true });
  mkdirSync(join(folder, ".results"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const task = (name: string, exitCode: number, room = "//") => ({
  package: room,
  task: name,
  execution: { exitCode },
});
const writeRun = (id: string, ...tasks: ReturnType<typeof task>[]) =>
  writeFileSync(join(folder, `.turbo/runs/${id}.json`), JSON.stringify({ tasks }));
const failing = (nth: number) => ({
  fullName: `fails as number ${nth}`,
  status: "failed",
  failureMessages: ["because"],
});
function writeReport(room: string, numPassedTests: number, numFailedTests: number): void {
  const status = numFailedTests > 0 ? "failed" : "passed";
  const assertionResults = Array.from({ length: numFailedTests }, (_, nth) => failing(nth));
  const testResults = [
    { name: `${folder}/${room}/a.test.ts`, status, message: "", assertionResults },
  ];
  const report = { numPassedTests, numFailedTests, testResults };
  writeFileSync(join(folder, `.results/${room}.json`), JSON.stringify(report));
}
const tally = () =>
  execFileSync(process.execPath, [script], { cwd: folder, encoding: "utf8", stdio: "pipe" });

test("counts every test of every room and every check, and names what failed", () => {
  writeRun("b", task("lint", 0), task("test", 0, "@waybill/api"), task("test", 1, "@waybill/test"));
  writeReport("api", 5, 0);
  writeReport("test", 7, 2);
  expect(tally()).toBe(
    "failed: test/a.test.ts > fails as number 0: because\n" +
      "failed: test/a.test.ts > fails as number 1: because\n" +
      "13 passed, 2 failed\n",
  );
});

test("counts and names a failed check, and a room that failed without a failed test", () => {
  writeRun("b", task("lint", 1), task("test", 1, "@waybill/api"), task("test", 1, "@waybill/test"));
  writeReport("api", 5, 0);
  expect(tally()).toBe(
    "failed: // lint: broke\n" +
      "failed: @waybill/api test: broke\n" +
      "failed: @waybill/test test: broke\n" +
      "5 passed, 3 failed\n",
  );
});

test("reads the newest run only", () => {
  writeRun("a", task("lint", 1));
  writeRun("b", task("lint", 0));
  expect(tally()).toBe("1 passed, 0 failed\n");
});

test("refuses to count when there was no run", () => {
  expect(tally).toThrow(".turbo/runs");
});
