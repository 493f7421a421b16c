import { afterAll, beforeAll, expect, it } from "vitest";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
let now = new Date("2026-01-01T00:00:00.000Z");

beforeAll(async () => {
  world = await startWorld({ now: () => now });
});
afterAll(() => world[Symbol.asyncDispose]());

const ask = (url: string) => world.app.inject(url);

it("counts the messages of all tenants, once a second", async () => {
  await tell(world, "a", { recipients: [{ address: "b@x.test", status: "dead" }] });
  await tell(world, "b");
  expect((await ask("/health")).json()).toEqual({
    status: "ok",
    uptime: expect.any(Number),
    messagesProcessed: 2,
  });
  await tell(world, "b");
  expect((await ask("/health")).json()).toMatchObject({ messagesProcessed: 2 });
  now = new Date(now.getTime() + 1000);
  expect((await ask("/health")).json()).toMatchObject({ messagesProcessed: 3 });
});

it("answers HEAD too", async () => {
  const answer = await world.app.inject({ method: "HEAD", url: "/healthz" });
  expect([answer.statusCode, answer.body]).toEqual([200, ""]);
});

it("is ready once a projection has begun", async () => {
  const { state } = await world.deps.nats.jsm.streams.info("MAIL");
  await world.engines.owner.query("UPDATE checkpoint SET seq = 2");
  expect((await ask("/readyz")).json()).toEqual({ status: "ready", log: state.last_seq, views: 2 });
  await world.engines.owner.query("DELETE FROM checkpoint");
  const answer = await ask("/readyz");
  expect(answer.json()).toMatchObject({
    status: 503,
    code: "not_ready",
    detail: "projection",
    errors: [{ field: "projection" }],
  });
});
