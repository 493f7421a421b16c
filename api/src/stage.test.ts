import { StartError } from "@waybill/runtime";
import { Agent, get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startApi } from "./stage.ts";
import { tell } from "./testing/history.ts";
import { contextOf, keyOf, startWorld, type World } from "./testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const agent = new Agent({ keepAlive: true });

const ask = (port: number, path: string) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${keyOf("a")}` };
    get({ host: "127.0.0.1", port, path, headers, agent }, resolve).on("error", reject);
  });

it("listens, as the role of the API, and ends though a client keeps its connection", async () => {
  const id = await tell(world, "a");
  const api = await startApi(contextOf(world));
  const answer = await ask(api.port, "/api/v1/messages");
  expect(await text(answer)).toContain(id);
  expect(answer.headers["connection"]).toBe("keep-alive");
  await api.drain();
  await expect(ask(api.port, "/healthz")).rejects.toThrow(/ECONNREFUSED|socket hang up/);
});

it("finishes what is in hand before it ends", async () => {
  const raw = `Subject: x\r\n\r\n${"0123456789\r\n".repeat(800_000)}`;
  const id = await tell(world, "a", { raw });
  const api = await startApi(contextOf(world));
  const answer = await ask(api.port, `/api/v1/messages/${id}/raw`);
  const drained = api.drain();
  expect((await text(answer)).length).toBe(raw.length);
  await drained;
});

it("says which address is taken", async () => {
  const api = await startApi(contextOf(world));
  const context = contextOf(world);
  const again = startApi({ ...context, config: { ...context.config, WAYBILL_API_PORT: api.port } });
  await expect(again).rejects.toThrow(StartError);
  await expect(again).rejects.toThrow(`127.0.0.1:${api.port}: the port is taken`);
  await api.drain();
});

it("does not start with an identity provider whose tokens could be for anybody", async () => {
  const context = contextOf(world);
  const config = { ...context.config, WAYBILL_OIDC_ISSUER: "https://id.test" };
  await expect(startApi({ ...context, config })).rejects.toThrow(/WAYBILL_OIDC_AUDIENCE/);
});
