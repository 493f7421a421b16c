import { putEntity, userIdOf, verifyPassword } from "@waybill/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const ALL = "/api/v1/users";
type Made = { id: string; password: string; role: string };

const ask = (
  method: "POST" | "PATCH" | "DELETE",
  url: string,
  payload?: object,
  tenant = "platform",
) => world.as(tenant, { method, url, ...(payload && { payload }) });
const make = (payload: object, tenant?: string) => ask("POST", ALL, payload, tenant);
const madeOf = async (payload: object) => jsonOf<Made>(await make(payload), 201);
const storedOf = (id: string) => world.deps.directory.find("platform", "user", id)?.entity;
const removed = async (id: string) => (await ask("DELETE", `${ALL}/${id}`)).statusCode;
const admins = () =>
  world.deps.directory.entities("platform", "user").filter(({ role }) => role === "admin");
const join = (tenant: string, email: string, role: string) =>
  ask("POST", `/api/v1/tenants/${tenant}/members`, { email, role });

describe("a user", () => {
  it("is shown a long password once, which is stored as what scrypt makes of it", async () => {
    const { id, password, ...shown } = await madeOf({ email: "Ann@Example.com", name: "Ann" });
    expect(id).toMatch(/^[0-9a-f]{26}$/);
    expect(shown).toEqual({
      email: "ann@example.com",
      name: "Ann",
      role: "user",
      createdAt: expect.any(String),
    });
    expect(Buffer.from(password, "base64url").length * 8).toBeGreaterThanOrEqual(100);
    expect(await verifyPassword(password, storedOf(id)?.passwordHash)).toBe(true);
    const [read, listed] = [
      await world.get("platform", `${ALL}/${id}`),
      await world.get("platform", ALL),
    ];
    expect(read.body + listed.body).not.toMatch(
      new RegExp(`${password}|password|scrypt|tokensFrom`),
    );
  });

  it("is one for an address, however it is written", async () => {
    await madeOf({ email: "one@example.com" });
    expect((await make({ email: "ONE@example.COM" })).json()).toMatchObject({ code: "conflict" });
  });

  it("is one also when two make them at once", async () => {
    const answers = await Promise.all([1, 2].map(() => make({ email: "race@example.com" })));
    const codes = answers.map(({ statusCode }) => statusCode);
    expect(codes.toSorted((one, other) => one - other)).toEqual([201, 409]);
  });

  it("may be changed in name and role, not in address", async () => {
    const { id } = await madeOf({ email: "bob@example.com", name: "Bob" });
    const patch = (payload: object) => ask("PATCH", `${ALL}/${id}`, payload);
    expect(jsonOf(await patch({ name: null, role: "admin" }))).toMatchObject({ id, role: "admin" });
    expect((await patch({ email: "eve@example.com" })).json()).toMatchObject({
      code: "invalid_body",
      errors: [{ field: "email" }],
    });
    expect(storedOf(id)).not.toHaveProperty("name");
    expect(await removed(id)).toBe(409);
    await madeOf({ email: "another@example.com", role: "admin" });
    expect(await removed(id)).toBe(204);
  });

  it.each([
    [{}, ["email"]],
    [{ email: "x" }, ["email"]],
    [{ email: `${"x".repeat(250)}@e.co` }, ["email"]],
    [{ email: "a@b.test", name: "\u0000", role: "owner", id: "1" }, ["id", "name", "role"]],
  ])("is not made of %j", async (payload, fields) => {
    const { errors } = jsonOf<{ errors: { field: string }[] }>(await make(payload), 422);
    expect(errors.map(({ field }) => field).toSorted()).toEqual(fields);
  });

  it("is the platform's business alone", async () => {
    const { id } = await madeOf({ email: "hidden@example.com" });
    const url = `${ALL}/${id}`;
    const answers = [
      await world.get("a", ALL),
      await world.get("a", url),
      await make({ email: "x@example.com" }, "a"),
      await ask("PATCH", url, { role: "admin" }, "a"),
      await ask("POST", `${url}/password`, undefined, "a"),
      await ask("DELETE", url, undefined, "a"),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 403));
  });
});

describe("a new password", () => {
  it("takes the place of the old one, and ends the sessions there are", async () => {
    const { id, password } = await madeOf({ email: "lost@example.com" });
    const begun = Date.now();
    const reset = jsonOf<Made>(await ask("POST", `${ALL}/${id}/password`));
    const stored = storedOf(id);
    expect(await verifyPassword(password, stored?.passwordHash)).toBe(false);
    expect(await verifyPassword(reset.password, stored?.passwordHash)).toBe(true);
    expect(Date.parse(stored?.tokensFrom ?? "")).toBeGreaterThanOrEqual(begun);
    expect((await ask("POST", `${ALL}/nobody/password`)).statusCode).toBe(404);
  });
});

describe("the last administrator", () => {
  it("is neither deleted nor demoted, also when the last two go at once", async () => {
    const before = admins();
    const [one, other] = [
      (await madeOf({ email: "admin1@example.com", role: "admin" })).id,
      (await madeOf({ email: "admin2@example.com", role: "admin" })).id,
    ];
    for (const { id } of before) expect(await removed(id)).toBe(204);
    const answers = await Promise.all([
      ask("DELETE", `${ALL}/${one}`),
      ask("PATCH", `${ALL}/${other}`, { role: "user" }),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toContain(409);
    expect(admins()).toHaveLength(1);
    const last = storedOf(one)?.role === "admin" ? one : other;
    const refused = await ask("DELETE", `${ALL}/${last}`);
    expect(refused.json()).toMatchObject({
      code: "in_use",
      detail: "it is used by the platform, as its last administrator",
    });
    expect((await ask("PATCH", `${ALL}/${last}`, { role: "user" })).json()).toMatchObject({
      code: "in_use",
    });
    expect((await ask("PATCH", `${ALL}/${last}`, { name: "Still here" })).statusCode).toBe(200);
  });
});

describe("a user who is deleted", () => {
  it("is in no tenant any more, nor is who has the address next", async () => {
    const email = "leaver@example.com";
    const { id } = await madeOf({ email });
    for (const tenant of ["a", "b"]) jsonOf(await join(tenant, email, "admin"), 201);
    expect(world.deps.directory.tenantsOf(id)).toEqual(["a", "b"]);
    expect((await ask("DELETE", `${ALL}/${id}`)).statusCode).toBe(204);
    expect((await world.get("platform", `${ALL}/${id}`)).statusCode).toBe(404);
    expect((await world.get("a", `/api/v1/tenants/a/members/${id}`)).statusCode).toBe(404);
    expect((await madeOf({ email })).id).toBe(id);
    expect(world.deps.directory.tenantsOf(id)).toEqual([]);
  });

  it("leaves nothing to who has the address next, even what was written meanwhile", async () => {
    const email = "late@example.com";
    const id = userIdOf(email);
    const member = { kind: "member", id, role: "admin" } as const;
    const base = { time: new Date().toISOString(), actor: "test", reason: "test" };
    const fact = { ...base, tenant: "a", kind: "member", id, entity: member };
    await world.deps.directory.reached(await putEntity(world.deps.nats, fact));
    const shown = jsonOf<object>(await world.get("a", `/api/v1/tenants/a/members/${id}`));
    expect(shown).toEqual({ id, role: "admin" });
    await madeOf({ email });
    expect(world.deps.directory.tenantsOf(id)).toEqual([]);
  });

  it("is not deleted while a tenant has no other owner, or a credential is theirs", async () => {
    const email = "needed@example.com";
    const { id } = await madeOf({ email });
    jsonOf(await join("b", email, "owner"), 201);
    const made = await ask("POST", "/api/v1/smtp-credentials", { name: "x", user: id }, "b");
    const credential = jsonOf<Made>(made, 201).id;
    expect((await ask("DELETE", `${ALL}/${id}`)).json()).toMatchObject({
      code: "in_use",
      detail: `it is used by tenant b, as its last owner, the SMTP credential ${credential} of tenant b`,
    });
    expect(world.deps.directory.tenantsOf(id)).toEqual(["b"]);
  });
});
