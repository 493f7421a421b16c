import { afterAll, beforeAll, expect, it } from "vitest";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const raw = (id: string) => world.get("a", `/api/v1/messages/${id}/raw`);

it.each([
  ["of a line", "Subject: x\r\n\r\nHellö\r\n"],
  ["of many chunks", `Subject: x\r\n\r\n${"0123456789\r\n".repeat(150_000)}`],
])("gives a message %s byte for byte", async (_, text) => {
  const answer = await raw(await tell(world, "a", { raw: text }));
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-type"]).toBe("message/rfc822");
  expect(answer.headers["content-length"]).toBe(String(Buffer.byteLength(text)));
  expect(answer.rawPayload.equals(Buffer.from(text))).toBe(true);
});

it("is gone when the store does not keep the bytes any more", async () => {
  const id = await tell(world, "a");
  await world.deps.nats.jsm.streams.purge("BODIES");
  const answer = await raw(id);
  expect(answer.json()).toMatchObject({ status: 410, code: "body_gone" });
  expect(answer.headers["content-length"]).toBe(String(answer.rawPayload.length));
});

it("is gone when the log does not hold the message any more", async () => {
  const id = await tell(world, "a");
  await world.deps.nats.jsm.streams.purge("MAIL");
  expect((await raw(id)).json()).toMatchObject({ status: 410, code: "body_gone" });
});
