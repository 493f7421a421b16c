import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");

test("a small directory is measured, and ends with its figures in JSON", async () => {
  const args = [MAIN, "--tenants", "30", "--suppressions", "50", "--starts", "1"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as object;
  const start = { readySeconds: expect.any(Number), residentMiB: expect.any(Number) };
  expect(result).toEqual({
    tenants: 30,
    ingress: [start],
    checksPerSecond: expect.any(Number),
    suppressions: 50,
    actors: { without: [start], with: [start] },
  });
});
