import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DeadLettered } from "@waybill/schemas";
import { workFacts } from "./follow-facts.ts";
import { newMessageId } from "./ids.ts";
import { makeLog, type Log } from "./log.ts";
import { startLog, type LogServer } from "./testing/log-server.ts";

const log = pino({ level: "silent" });
let server: LogServer;
let events: Log;

beforeEach(async () => {
  server = await startLog();
  events = makeLog(server.nats, 4);
});
afterEach(() => server[Symbol.asyncDispose]());

const dead = (tenant: string): DeadLettered => ({
  type: "deadlettered",
  messageId: newMessageId(),
  tenant,
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  attempt: 1,
  reason: "refused",
  recipients: ["a@x.test"],
  detail: "",
});

const follow = (handle: (tenant: string) => Promise<void>) =>
  workFacts({
    nats: server.nats,
    log,
    name: "test",
    types: ["deadlettered"],
    handle: ({ tenant }) => handle(tenant),
  });

test("facts of those types come once each, those from before too, and to whoever follows next", async () => {
  await events.append(dead("before"));
  await events.append({ ...dead("other"), type: "suppressed", suppressions: [] } as never);
  const seen: string[] = [];
  const note = async (tenant: string) => void seen.push(tenant);
  const first = await follow(note);
  await vi.waitFor(() => expect(seen).toEqual(["before"]));
  await first.stop();
  await events.append(dead("after"));
  const second = await follow(note);
  await vi.waitFor(() => expect(seen).toEqual(["before", "after"]));
  await second.stop();
});

test("a fact that could not be acted on comes again", async () => {
  const seen: string[] = [];
  const worker = await follow(async (tenant) => {
    seen.push(tenant);
    if (seen.length === 1) throw new Error("not now");
  });
  await events.append(dead("acme"));
  await vi.waitFor(() => expect(seen).toEqual(["acme", "acme"]), { timeout: 20_000 });
  await worker.stop();
});

test("a stop does not wait for ever for a fact that is acted on", async () => {
  const seen: string[] = [];
  const worker = await follow(async (tenant) => {
    seen.push(tenant);
    await new Promise(() => undefined);
  });
  await events.append(dead("slow"));
  await vi.waitFor(() => expect(seen).toEqual(["slow"]));
  await worker.stop();
});
