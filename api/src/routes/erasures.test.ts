import { readErased, replay, STREAMS } from "@waybill/runtime";
import type { Erasure as Entity } from "@waybill/schemas";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keptHash } from "../erasure/about.ts";
import { finishErasures } from "../erasure/finish.ts";
import { jsonOf } from "../testing/answer.ts";
import { tell } from "../testing/history.ts";
import { put, startWorld, type World } from "../testing/world.ts";

type Erasure = Omit<Entity, "kind">;

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
    await erase("a", { address: "ann@x.test" }, "asked by ann@x.test"),
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
    await erase("a", { address: "cleo@x.test" }, "cleo@x.test asked"),
    202,
  );
  const list = await world.get("a", "/api/v1/erasures");
  expect(list.body).not.toContain("cleo");
  expect(jsonOf<{ items: object[] }>(list, 200).items[0]).toMatchObject({
    id: made.id,
    by: "apikey:akey",
    why: expect.stringMatching(/^erased-[0-9a-f]{16}@erased\.invalid asked$/),
    address: expect.stringMatching(/^[0-9a-f]{32}$/),
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

it("finds who only sent mail: of the envelope, of From, Sender or Reply-To", async () => {
  const id = await tell(world, "a", {
    sender: '"Fay Smith" <Fay@a.test>',
    recipients: recipients("kept@x.test"),
  });
  const replies = await tell(world, "a", {
    sender: "app@a.test",
    fields: { "reply-to": "fay@A.test, other@a.test" },
    recipients: recipients("kept@x.test"),
  });
  const made = jsonOf<Erasure>(await erase("a", { address: "fay@a.test" }), 202);
  expect(made).toMatchObject({ messages: 2, events: 2, bodies: 2 });
  for (const one of [id, replies]) {
    const { body } = await world.get("a", `/api/v1/messages/${one}/events`);
    expect(body).not.toMatch(/fay/i);
    expect(body).toContain("kept@x.test");
    expect(body).not.toContain("192.0.2.1");
    expect((await world.get("a", `/api/v1/messages/${one}/raw`)).statusCode).toBe(410);
  }
});

const suppress = (tenant: string, address: string) =>
  world.as(tenant, { method: "POST", url: "/api/v1/suppressions", payload: { address } });

/** All that CONTROL holds of a tenant, as text. */
async function controlOf(tenant: string): Promise<string> {
  let text = "";
  const options = { stream: STREAMS.control, filters: [`control.${tenant}.>`] };
  for await (const one of replay(world.deps.nats, options)) text += JSON.stringify(one.json());
  return text;
}

it("leaves of the suppression list and its history what goes on to suppress", async () => {
  await suppress("a", "Gil@X.test");
  await suppress("b", "gil@x.test");
  await suppress("a", "other@x.test");
  const others = await controlOf("b");
  expect((await erase("a", { address: "gil@x.test" })).statusCode).toBe(202);
  expect(await controlOf("a")).not.toMatch(/gil@/i);
  expect(await controlOf("a")).toContain("other@x.test");
  expect(await controlOf("b")).toBe(others);
  const found = await world.get("a", "/api/v1/suppressions?address=GIL@x.test");
  const { items } = jsonOf<{ items: { id: string; address: string }[] }>(found, 200);
  expect(items).toEqual([
    expect.objectContaining({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      address: expect.stringMatching(/^erased-[0-9a-f]{16}@erased\.invalid$/),
      reason: "manual",
    }),
  ]);
  const url = `/api/v1/suppressions/${items[0]?.id}`;
  expect((await world.as("a", { method: "DELETE", url })).statusCode).toBe(204);
  expect((await suppress("a", "gil@x.test")).statusCode).toBe(201);
  expect((await erase("a", { address: "gil@x.test" })).statusCode).toBe(202);
  expect(await controlOf("a")).not.toMatch(/gil@/i);
});

it("leaves of a user who was deleted the id", async () => {
  const payload = { email: "hal@x.test", name: "Hal Jones" };
  const made = await world.as("platform", { method: "POST", url: "/api/v1/users", payload });
  const { id } = jsonOf<{ id: string }>(made, 201);
  const refused = await erase("platform", { address: "hal@x.test" });
  expect(refused.json()).toMatchObject({ status: 409, code: "in_use" });
  await world.as("platform", { method: "DELETE", url: `/api/v1/users/${id}` });
  expect(await controlOf("platform")).toMatch(/hal@x/i);
  expect((await erase("platform", { address: "Hal@x.test" })).statusCode).toBe(202);
  expect(await controlOf("platform")).not.toMatch(/hal/i);
  expect(await controlOf("platform")).toContain(id);
});

it("is finished by whoever starts next, by what is kept of the address", async () => {
  const id = await tell(world, "a", { recipients: recipients("Ida@X.test") });
  await suppress("a", "ida@x.test");
  const made = jsonOf<Erasure>(await erase("a", { address: "nobody@x.test" }), 202);
  const { tenant, deps } = { tenant: "a", deps: world.deps };
  const address = keptHash(deps.secrets, tenant, "ida@x.test");
  const { finishedAt: _, ...begun } = { ...made, kind: "erasure" as const, id: "begun", address };
  await deps.directory.reached(await put(deps.nats, tenant, begun));
  expect(await finishErasures(deps, Date.now() + 1000)).toBe(0);
  expect(await logOf("a")).not.toMatch(/ida@x/i);
  expect(await controlOf("a")).not.toMatch(/ida@x/i);
  const { body } = await world.get("a", `/api/v1/messages/${id}/events`);
  expect(body).toContain("@erased.invalid");
  const held = deps.directory.find("a", "erasure", "begun")?.entity;
  expect(held?.finishedAt).toEqual(expect.any(String));
});

it("refuses what has not ended, what is not there, and another tenant's", async () => {
  const open = [{ address: "eve@x.test", status: "queued" as const }];
  const id = await tell(world, "a", { recipients: open });
  const refused = await erase("a", { messageId: id });
  expect(refused.json()).toMatchObject({ status: 409, code: "unfinished" });
  expect((await erase("a", { address: "eve@x.test" })).json()).toMatchObject({
    code: "unfinished",
  });
  expect((await erase("b", { messageId: id })).statusCode).toBe(404);
  expect((await erase("a", {})).statusCode).toBe(422);
  expect((await erase("a", { messageId: id, address: "eve@x.test" })).statusCode).toBe(422);
});
