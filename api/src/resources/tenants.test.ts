import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { put, putKey, startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const ALL = "/api/v1/tenants";
type Fields = { errors: { field: string }[] };

const make = (payload: object, tenant = "platform") =>
  world.as(tenant, { method: "POST", url: ALL, payload });
const patch = (id: string, payload: object, tenant = "platform") =>
  world.as(tenant, { method: "PATCH", url: `${ALL}/${id}`, payload });
const remove = (id: string, tenant = "platform") =>
  world.as(tenant, { method: "DELETE", url: `${ALL}/${id}` });
const idsFor = async (tenant: string) =>
  jsonOf<{ items: { id: string }[] }>(await world.get(tenant, ALL)).items.map(({ id }) => id);

async function withKey(id: string): Promise<string> {
  jsonOf(await make({ id, name: id }), 201);
  const key = `wb_live_${id}key_a-secret`;
  await world.deps.directory.reached(await putKey(world.deps.nats, id, `${id}key`, key));
  return key;
}

it("lets a tenant keep its history for fewer days than the operator, and not for more", async () => {
  const refused = await patch("a", { eventsDays: 31, bodiesDays: 8 }, "a");
  expect(jsonOf<Fields>(refused, 422).errors).toEqual([
    { field: "eventsDays", rule: "at most 30" },
    { field: "bodiesDays", rule: "at most 7" },
  ]);
  const wanted = { eventsDays: 10, bodiesDays: 1 };
  expect(jsonOf(await patch("a", wanted, "a"))).toMatchObject(wanted);
  const none = { eventsDays: null, bodiesDays: null };
  expect(jsonOf(await patch("a", none, "a"))).not.toHaveProperty("eventsDays");
});

describe("the list of tenants", () => {
  it("is all of them for the platform, page by page, and oneself for anybody else", async () => {
    for (const id of ["m", "n"]) jsonOf(await make({ id, name: id }), 201);
    expect(await idsFor("platform")).toEqual(
      expect.arrayContaining(["platform", "n", "m", "b", "a"]),
    );
    expect(await idsFor("a")).toEqual(["a"]);
    const first = jsonOf<{ nextCursor: string }>(await world.get("platform", `${ALL}?limit=1`));
    const next = await world.get("platform", `${ALL}?limit=1&cursor=${first.nextCursor}`);
    expect(jsonOf<{ items: object[] }>(next).items).toMatchObject([{ id: "n" }]);
    expect((await world.get("a", `${ALL}?cursor=${first.nextCursor}`)).statusCode).toBe(400);
  });
});

const declared = (verifiedAt?: string) =>
  put(world.deps.nats, "a", {
    kind: "domain",
    id: "example.com",
    token: "t",
    createdAt: "2026-01-01T00:00:00.000Z",
    ...(verifiedAt !== undefined && { verifiedAt }),
  });

describe("the return path of a tenant", () => {
  it("lies in a verified domain of its own, which then stays", async () => {
    const wanted = { returnPath: "Bounce.Example.com" };
    await world.deps.directory.reached(await declared());
    const refused = jsonOf<Fields>(await patch("a", wanted, "a"), 422);
    expect(refused.errors.map(({ field }) => field)).toEqual(["returnPath"]);
    await world.deps.directory.reached(await declared("2026-01-01T00:00:00.000Z"));
    const changed = jsonOf(await patch("a", { ...wanted, notifySender: true }, "a"));
    expect(changed).toMatchObject({ returnPath: "bounce.example.com", notifySender: true });
    const domain = { method: "DELETE", url: "/api/v1/domains/example.com" } as const;
    expect((await world.as("a", domain)).json()).toMatchObject({ code: "in_use" });
    expect(jsonOf(await patch("a", { returnPath: null }, "a"))).not.toHaveProperty("returnPath");
    expect((await world.as("a", domain)).statusCode).toBe(204);
  });
});

describe("a tenant", () => {
  it("is made by the platform alone, and enforces its senders' domains unless told not to", async () => {
    expect((await make({ id: "shop", name: "Shop" }, "a")).json()).toMatchObject({
      code: "forbidden",
      detail: "it takes the permission platform",
    });
    const made = jsonOf(await make({ id: "shop", name: "Shop" }), 201);
    expect(made).toEqual({
      id: "shop",
      name: "Shop",
      concurrency: 20,
      retryLadder: [30, 60, 120, 300, 900],
      onAmbiguous: "retry",
      enforceSenderDomains: true,
      createdAt: expect.any(String),
    });
    expect(jsonOf(await world.get("platform", `${ALL}/shop`))).toEqual(made);
    expect((await make({ id: "shop", name: "Another" })).json()).toMatchObject({ status: 409 });
  });

  it.each([
    [{ name: "x" }, ["id"]],
    [{ id: "Big", name: "x" }, ["id"]],
    [{ id: "y", name: "a\u0007b" }, ["name"]],
    [{ id: "y", name: "x", concurrency: 0 }, ["concurrency"]],
    [{ id: "y", name: "x", concurrency: 1001 }, ["concurrency"]],
    [{ id: "y", name: "x", retryLadder: [] }, ["retryLadder"]],
    [{ id: "y", name: "x", retryLadder: Array(51).fill(1) }, ["retryLadder"]],
    [{ id: "y", name: "x", retryLadder: [-1, 259_201] }, ["retryLadder.0", "retryLadder.1"]],
    [{ id: "y", name: "x", onAmbiguous: "guess" }, ["onAmbiguous"]],
    [{ id: "y", name: "x", redirectTo: "nowhere" }, ["redirectTo"]],
    [{ id: "y", name: "x", redirectTo: "a@b.test\r\nBcc: c@d.test" }, ["redirectTo"]],
    [{ id: "y", name: "x", allowedRecipients: ["a@b.test", "@", "b.test"] }, [1, 2]],
    [{ id: "y", name: "x", allowedRecipients: [] }, ["allowedRecipients"]],
    [{ id: "y", name: "x", kind: "tenant" }, ["kind"]],
  ])("is not made of %j: every field that breaks a rule is named", async (payload, fields) => {
    const { errors } = jsonOf<Fields>(await make(payload), 422);
    const names = fields.map((one) => (typeof one === "number" ? `allowedRecipients.${one}` : one));
    expect(errors.map(({ field }) => field).toSorted()).toEqual(names.toSorted());
  });

  it("may be at every bound", async () => {
    const bounds = {
      concurrency: 1000,
      retryLadder: Array<number>(50).fill(259_200),
      redirectTo: "all@example.com",
      allowedRecipients: ["ann@example.com", "@example.com"],
      addTraceFields: true,
    };
    expect(
      jsonOf(await make({ id: "bounds", name: "x".repeat(100), ...bounds }), 201),
    ).toMatchObject(bounds);
  });

  it("changes its own settings, but not how much is in delivery at once", async () => {
    const settings = {
      onAmbiguous: "deadletter",
      redirectTo: "test@a.test",
      retryLadder: [1, 0.5],
    };
    expect(jsonOf(await patch("a", settings, "a"))).toMatchObject({ id: "a", ...settings });
    const refused = await patch("a", { name: "A", concurrency: 900 }, "a");
    expect(refused.json()).toMatchObject({
      code: "forbidden",
      errors: [{ field: "concurrency", rule: "it takes the permission platform" }],
    });
    expect(jsonOf(await world.get("a", `${ALL}/a`))).toMatchObject({ name: "a", concurrency: 20 });
    expect(jsonOf(await patch("a", { concurrency: 5, redirectTo: null }))).not.toHaveProperty(
      "redirectTo",
    );
  });

  it("begins to be held to its verified domains by itself, and ends it by the platform alone", async () => {
    expect((await patch("a", { enforceSenderDomains: true }, "a")).statusCode).toBe(200);
    expect((await patch("a", { enforceSenderDomains: false }, "a")).json()).toMatchObject({
      status: 403,
      errors: [{ field: "enforceSenderDomains" }],
    });
    expect((await patch("a", { enforceSenderDomains: false })).statusCode).toBe(200);
  });

  it("is unknown to any other", async () => {
    for (const id of ["b", "platform", "none"]) {
      expect((await world.get("a", `${ALL}/${id}`)).statusCode).toBe(404);
      expect((await patch(id, { name: "mine" }, "a")).statusCode).toBe(404);
    }
    expect((await world.get("platform", `${ALL}/none`)).statusCode).toBe(404);
  });
});

describe("a tenant that is deleted", () => {
  it("leaves keys that open nothing, a history, and a name that nobody is given again", async () => {
    const key = await withKey("gone");
    const ask = () =>
      world.app.inject({ url: `${ALL}/gone`, headers: { authorization: `Bearer ${key}` } });
    expect((await ask()).statusCode).toBe(200);
    expect((await remove("gone")).statusCode).toBe(204);
    expect((await ask()).statusCode).toBe(401);
    expect((await world.get("platform", `${ALL}/gone`)).statusCode).toBe(404);
    expect((await world.get("platform", `${ALL}/gone/members`)).statusCode).toBe(404);
    expect(await idsFor("platform")).not.toContain("gone");
    expect((await make({ id: "gone", name: "Again" })).json()).toMatchObject({ code: "conflict" });
    const query = { last_by_subj: "control.gone.apikey.gonekey" };
    expect(await world.deps.nats.jsm.direct.getMessage("CONTROL", query)).not.toBeNull();
  });

  it("was deleted by an owner or the platform, and is not the platform", async () => {
    expect((await remove("a", "a")).json()).toMatchObject({
      code: "forbidden",
      detail: "it takes the permission tenant:delete",
    });
    expect((await remove("platform")).json()).toMatchObject({ code: "in_use" });
    expect((await world.get("platform", ALL)).statusCode).toBe(200);
  });
});
