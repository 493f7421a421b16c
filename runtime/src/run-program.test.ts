import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { runCommand } from "./backup/command.ts";
import { ownFact, putEntity } from "./control.ts";
import { followDirectory } from "./follow-directory.ts";
import { runProgram } from "./run-program.ts";
import { startLog, type LogServer } from "./testing/log-server.ts";
import { standStill } from "./testing/stand-still.ts";

let log: LogServer;
let said: unknown[];
beforeAll(async () => {
  log = await startLog();
});
afterAll(() => log[Symbol.asyncDispose]());
beforeEach(() => {
  said = [];
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const TOLD = /^the event log does not answer[^\n]*; [^\n]+$/;
const sandbox = { kind: "provider", type: "sandbox", id: "s", name: "s", concurrency: 1 } as const;

/** While the server stands still, as its machine would. */
async function whileSilent(work: () => Promise<void>): Promise<void> {
  await standStill(log.pid());
  try {
    await work();
  } finally {
    process.kill(log.pid(), "SIGCONT");
  }
}

test.for([
  ["reads", () => followDirectory(log.nats)],
  ["writes", () => putEntity(log.nats, ownFact("a", sandbox, "test"))],
] as const)("a program that %s while the log is silent says so in one line", async ([, work]) => {
  await whileSilent(() => runProgram(async () => void (await work())));
  expect(said).toEqual([expect.stringMatching(TOLD)]);
  expect(process.exitCode).toBe(1);
});

test("a command says so in one line", async () => {
  await whileSilent(() =>
    runCommand("backup", "npm run backup", {}, () => followDirectory(log.nats)),
  );
  expect(said).toEqual([expect.stringMatching(TOLD)]);
  expect(process.exitCode).toBe(1);
});

test("a fault of the program itself is told as it is", async () => {
  const fault = new TypeError("nothing here");
  await expect(runProgram(() => Promise.reject(fault))).rejects.toBe(fault);
  expect(said).toEqual([]);
});
