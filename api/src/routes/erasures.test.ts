import { readErased, replay, STREAMS } from "@waybill/runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";

type Erasure = { id: string; recipient?: string; messages: number; events: number; bodies: number };

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const recipients = (...addresses: string[]) =>
  addresses.map((address) => ({ address, status: "delivered" as const }));

const erase = (tenant: string, payload: object, reason?: string) =>
  world.as(tenant, {
    method: "POST",
    url: "/api/v1/erasures",
    payload,
    headers: reason === undefined ? {} : { "x-reason": reason },
  });

async function logOf(tenant: string): Promise<string> {
  let text = "";
  const options = { stream: STREAMS.mail, filters: [`mail.*.*.${tenant}.*`] };
  for await (const one of replay(world.deps.nats, options)) text += JSON.stringify(one.json());
  return text;
}

it("leaves of a recipient a pseudonym, in this tenant and whatever the spelling", async () => {
  const id = await tell(world, "a", { recipients: recipients("Ann@X.test", "bob@x.test") });
  await tell(world, "b", { recipients: recipients("ann@x.test") });
  const others = await logOf("b");
  const made = jsonOf<Erasure>(
    await erase("a", { recipient: "ann@x.test" }, "asked by ann@x.test"),
    202,
  );
  expect(made).toMatchObject({ messages: 1, events: 2, bodies: 1 });
  expect(JSON.stringify(made)).not.toMatch(/ann@x/i);
  expect(await logOf("a")).not.toMatch(/ann@x/i);
  expect(await logOf("a")).toContain("bob@x.test");
  expect(await logOf("b")).toBe(others);
  const events = await world.get("a", `/api/v1/messages/${id}/events`);
  expect(events.body).not.toMatch(/ann@x/i);
  expect(events.body).toContain("@erased.invalid");
  const lines = await world.get("a", "/api/v1/audit/events");
  expect(lines.body).not.toMatch(/ann@x/i);
  expect((await world.get("a", `/api/v1/messages/${id}/raw`)).statusCode).toBe(410);
});

it("lists who asked for it, and why, without the address", async () => {
  await tell(world, "a", { recipients: recipients("cleo@x.test") });
  const made = jsonOf<Erasure>(
    await erase("a", { recipient: "cleo@x.test" }, "cleo@x.test asked"),
    202,
  );
  const list = await world.get("a", "/api/v1/erasures");
  expect(list.body).not.toContain("cleo");
  expect(jsonOf<{ items: object[] }>(list, 200).items[0]).toMatchObject({
    id: made.id,
    by: "apikey:akey",
    why: expect.stringMatching(/^erased-[0-9a-f]{16}@erased\.invalid asked$/),
    recipient: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect((await world.get("b", "/api/v1/erasures")).json()).toEqual({ items: [] });
});

it("leaves of a message nothing personal, and is done once", async () => {
  const id = await tell(world, "a", {
    subject: "Dear Dora",
    sender: "boss@a.test",
    recipients: recipients("dora@x.test"),
  });
  const first = jsonOf<Erasure>(await erase("a", { messageId: id }), 202);
  expect(first).toMatchObject({ messages: 1, events: 2, bodies: 1 });
  const { body } = await world.get("a", `/api/v1/messages/${id}/events`);
  expect(body).not.toMatch(/dora|boss/i);
  const again = jsonOf<Erasure>(await erase("a", { messageId: id }), 202);
  expect(again).toMatchObject({ messages: 0, events: 0, bodies: 0 });
  const { records } = await readErased(world.deps.nats, "a", id);
  expect([...records.values()].map((one) => one.leaf)).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}$/),
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ]);
});

it("refuses what has not ended, what is not there, and another tenant's", async () => {
  const open = [{ address: "eve@x.test", status: "queued" as const }];
  const id = await tell(world, "a", { recipients: open });
  const refused = await erase("a", { messageId: id });
  expect(refused.json()).toMatchObject({ status: 409, code: "unfinished" });
  expect((await erase("a", { recipient: "eve@x.test" })).json()).toMatchObject({
    code: "unfinished",
  });
  expect((await erase("b", { messageId: id })).statusCode).toBe(404);
  expect((await erase("a", {})).statusCode).toBe(422);
  expect((await erase("a", { messageId: id, recipient: "eve@x.test" })).statusCode).toBe(422);
});
