import { afterAll, beforeAll, expect, it } from "vitest";
import { type HookCalls, makeHookCalls } from "./hook-calls.ts";
import type { Nats } from "./nats.ts";
import { startLog } from "./testing/log-server.ts";

let server: Awaited<ReturnType<typeof startLog>>;
let nats: Nats;
let calls: HookCalls;
beforeAll(async () => {
  server = await startLog();
  nats = server.nats;
  calls = makeHookCalls(nats);
});
afterAll(() => server[Symbol.asyncDispose]());

it("knows a call again, and whether it says something else", async () => {
  expect(await calls.claim("hook-1", "token", "digest")).toBe("first");
  expect(await calls.claim("hook-1", "token", "digest")).toBe("repeated");
  expect(await calls.claim("hook-1", "token", "another")).toBe("altered");
  expect(await makeHookCalls(nats).claim("hook-1", "token", "digest")).toBe("repeated");
});

it("keeps the ids of webhooks apart", async () => {
  expect(await calls.claim("hook-2", "token", "another")).toBe("first");
  expect(await calls.claim("hook-2", "next", "another")).toBe("first");
});

it("lets one of many at once be the first", async () => {
  const many = Array.from({ length: 20 }, () => calls.claim("hook-3", "token", "digest"));
  const seen = await Promise.all(many);
  expect(seen.filter((one) => one === "first")).toHaveLength(1);
});
