import { afterAll, beforeAll, expect, it } from "vitest";
import { startWorld, type World } from "./testing/world.ts";

let world: World;
let now = new Date("2026-11-21T15:00:10.000Z");
beforeAll(async () => {
  world = await startWorld({ now: () => now });
  world.deps.config.WAYBILL_API_MAX_REQUESTS_PER_MINUTE = 2;
});
afterAll(() => world[Symbol.asyncDispose]());

const ask = (tenant: string, url = "/api/v1/api-keys") => world.get(tenant, url);

it("requests a minute are limited for each tenant, and every answer says what is left", async () => {
  const answers = [await ask("a"), await ask("a", "/api/v1/limits")];
  now = new Date("2026-11-21T15:00:27.500Z");
  answers.push(await ask("a"), await ask("b"));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429, 200]);
  const fields = answers.map(({ headers }) => headers["ratelimit"]);
  expect(fields).toEqual([
    '"requests";r=1;t=60',
    '"requests";r=0;t=60',
    '"requests";r=0;t=43',
    '"requests";r=1;t=60',
  ]);
  const [, , refused] = answers;
  expect(refused?.json()).toMatchObject({
    code: "rate_limited",
    status: 429,
    detail: "2 in 60 seconds are allowed",
  });
  expect(refused?.headers).toMatchObject({
    "retry-after": "43",
    "ratelimit-policy": '"requests";q=2;w=60',
    "content-type": expect.stringContaining("application/problem+json"),
  });
});

it("requests are let in again once the minute is over", async () => {
  now = new Date("2026-11-21T15:01:09.999Z");
  expect((await ask("a")).statusCode).toBe(429);
  now = new Date("2026-11-21T15:01:10.000Z");
  expect((await ask("a")).statusCode).toBe(200);
});

it("health is not limited", async () => {
  for (let at = 0; at < 5; at += 1) {
    const answer = await world.app.inject({ url: "/healthz" });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty("ratelimit");
  }
});
