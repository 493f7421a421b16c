import { afterAll, beforeAll, expect, test } from "vitest";
import { makeLogger } from "../logger.ts";
import { connectNats } from "../nats.ts";
import { startLog, type LogServer } from "../testing/log-server.ts";
import { answerMetrics, gatherMetrics } from "./gather.ts";
import { counter } from "./registry.ts";

const log = makeLogger("silent", "test");
let server: LogServer;
beforeAll(async () => {
  server = await startLog();
});
afterAll(() => server[Symbol.asyncDispose]());

test("what a process counts is told to whoever asks, under its own labels", async () => {
  counter({ name: "g_total", help: "Gathered." }).inc(5);
  const other = await connectNats(server.url, "other", log);
  answerMetrics(other, "ingress", log);
  await other.nc.flush();
  const told = await gatherMetrics(server.nats);
  expect(told).toMatch(/^# HELP g_total Gathered\.\n# TYPE g_total counter\ng_total\{/m);
  expect(told).toMatch(/^g_total\{stage="ingress",instance="[^"]+:\d+"\} 5$/m);
  await other.close();
});

test("where nobody answers there is nothing to tell", async () => {
  await expect(gatherMetrics(server.nats)).rejects.toThrow("the event log does not answer");
});
