import { lastLink, sealAll } from "@waybill/runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const URL = "/api/v1/audit/chain";
const head = async (tenant: string) => (await world.get(tenant, URL)).json<{ seq: number }>();

it("tells a tenant the end of its own chain, once there is one", async () => {
  expect((await world.get("a", URL)).statusCode).toBe(404);
  const { nats } = world.deps;
  await tell(world, "a");
  await sealAll(nats);
  const events = async () => (await world.get("a", "/api/v1/audit/events")).body.trimEnd();
  const last = (JSON.parse((await events()).split("\n").at(-1) ?? "") as { seq: number }).seq;
  await tell(world, "b");
  await sealAll(nats);

  const found = await lastLink(nats, "a");
  const { hash } = found?.link ?? {};
  expect(await head("a")).toEqual({ hash, seq: last, time: found?.time.toISOString() });
  expect(await head("b")).not.toMatchObject({ hash });
});
