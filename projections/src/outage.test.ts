import { expect, it } from "vitest";
import { rebuild } from "./rebuild.ts";
import { silent } from "./testing/engines.ts";
import { longHistory } from "./testing/history.ts";
import { World } from "./testing/world.ts";

/** How many events the views hold, and whether a rebuild gives every row again. */
async function verdict({ engines, rows }: World) {
  const before = await rows();
  const rebuilt = await rebuild(engines.nats, engines.postgres.url, silent);
  expect(await rows()).toEqual(before);
  return { events: before["audit"]?.length, identical: rebuilt.identical };
}

it("goes on by itself after Postgres was killed in the middle of a batch, more than once", async () => {
  await using world = await World.start();
  const last = await world.append(longHistory(3000, 3));
  const live = world.project(20);
  for (const seq of [200, 900, 1700]) {
    await world.caughtUp(seq);
    process.kill(world.engines.postgres.pid, "SIGKILL");
  }
  await world.caughtUp(last);
  await live.stop();
  expect(await verdict(world)).toEqual({ events: 3000, identical: true });
});

it("goes on by itself after nats-server was killed while events arrived", async () => {
  await using world = await World.start();
  const history = longHistory(1500, 4);
  const live = world.project(20);
  for (const part of [0, 450, 900]) {
    const arriving = world.append(history.slice(part, part + 450));
    await world.caughtUp(part + 100);
    process.kill(world.engines.natsServer.pid, "SIGKILL");
    await arriving;
  }
  await world.caughtUp(await world.append(history.slice(1350)));
  await live.stop();
  expect(await verdict(world)).toEqual({ events: 1500, identical: true });
});

it("lets two writers be at work, and one take over", async () => {
  await using world = await World.start();
  const history = longHistory(2000, 5);
  const [one, other] = [world.project(50), world.project(70)];
  await world.caughtUp(await world.append(history.slice(0, 1000)));
  await one.stop();
  await world.caughtUp(await world.append(history.slice(1000)));
  await other.stop();
  expect(await verdict(world)).toEqual({ events: 2000, identical: true });
});

it("ends also when it is told to while it begins, and nothing comes", async () => {
  await using world = await World.start();
  await world.project(50).stop();
  expect(await world.rows()).toMatchObject({ audit: [] });
});

it("leaves out what is not an event, and what Postgres cannot hold, and goes on", async () => {
  await using world = await World.start();
  const history = longHistory(60, 6);
  const tooLarge = { ...history[0], messageId: "01JZZZZZZZZZZZZZZZZZZZZZZZ" };
  const provider = { id: "main", kind: "smtp" };
  const failed = {
    ...tooLarge,
    type: "failed",
    attempt: 2 ** 40,
    provider,
    durationMs: 1,
    outcomes: [],
  };
  const broken = ["no JSON", '{"type":"strange"}', JSON.stringify(failed)];
  const live = world.project(500);
  await world.caughtUp(
    await world.append([...history.slice(0, 30), ...broken, ...history.slice(30)]),
  );
  await live.stop();
  expect(await verdict(world)).toEqual({ events: 60, identical: true });
});
