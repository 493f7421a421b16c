import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { SubmitReport } from "./submitter.ts";

function run(file: string, options: object) {
  const path = join(import.meta.dirname, file);
  const child = spawn(process.execPath, [path, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  return child;
}

/** The code a process ends with, also when it has ended already. */
async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, "exit");
  return child.exitCode;
}

test("sink and submitter as processes: counts, report, and an end with standard input", async () => {
  const sink = run("sink-process.ts", { replies: { connect: "220 here" } });
  const lines = createInterface({ input: sink.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, number>> =>
    JSON.parse((await lines.next()).value ?? "{}");
  const { port } = await next();

  const batch = { port, mails: 30, connections: 3, size: 500, from: "a@x.test" };
  const submitter = run("submit-process.ts", { ...batch, to: ["b{i}@y.test"], id: "p-{i}" });
  const report = JSON.parse(await text(submitter.stdout)) as SubmitReport;
  expect(report.accepted).toHaveLength(30);
  expect(Object.keys(report.queuedAs)).toContain("p-29");
  expect(report.latencies).toHaveLength(30);

  sink.stdin.write("stats\n");
  const wanted = { received: 30, mails: 30, duplicates: 0, connections: 3 };
  expect(await next()).toMatchObject({ ...wanted, lastAt: expect.any(Number) });
  sink.stdin.end();
  expect(await exitCode(sink)).toBe(0);
});
