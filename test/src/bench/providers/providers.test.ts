import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { SUBJECTS } from "./subjects.ts";

test("a small run ends with the figures of every provider", async () => {
  const args = [join(import.meta.dirname, "main.ts"), "--mails", "40", "--size", "900"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ name }) => name)).toEqual(Object.keys(SUBJECTS));
  for (const { mailsPerSecond, cpuMicrosPerMail } of lines) {
    expect(mailsPerSecond).toBeGreaterThan(0);
    expect(cpuMicrosPerMail).toBeGreaterThan(0);
  }
});
