import { answerMetrics, counter } from "@waybill/runtime/metrics";
import { PLATFORM } from "@waybill/schemas";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

test("a tenant's key does not open them, and without one they are closed", async () => {
  expect((await world.get("a", "/metrics")).json()).toMatchObject({ code: "forbidden" });
  const bare = await world.app.inject({ method: "GET", url: "/metrics" });
  expect(bare.json()).toMatchObject({ code: "unauthenticated" });
});

test("the platform's key does: what each process counts, in Prometheus' format", async () => {
  expect((await world.get(PLATFORM, "/metrics")).json()).toMatchObject({ code: "unavailable" });
  answerMetrics(world.deps.nats, "test", world.deps.log);
  counter({ name: "api_test_total", help: "Counted." }).inc();
  const answer = await world.get(PLATFORM, "/metrics");
  expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(answer.body).toMatch(/^api_test_total\{stage="test",instance="[^"]+"\} 1$/m);
});
