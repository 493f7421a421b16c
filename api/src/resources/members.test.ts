import { putEntity, userIdOf } from "@waybill/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OF_ROLE } from "../permissions.ts";
import { changeOf, makeOf, removeOf } from "../resource/commands.ts";
import type { Asked } from "../resource/resource.ts";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";
import { members } from "./members.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

type Member = { id: string; email: string; name?: string; role: string; password?: string };
type Method = "GET" | "POST" | "PATCH" | "DELETE";

const url = (tenant: string, id?: string) =>
  `/api/v1/tenants/${tenant}/members${id === undefined ? "" : `/${id}`}`;
const ask = (method: Method, path: string, payload?: object, as = "platform") =>
  world.as(as, { method, url: path, ...(payload && { payload }) });
const join = (tenant: string, email: string, role: string, as?: string) =>
  ask("POST", url(tenant), { email, role }, as);
const joined = async (tenant: string, email: string, role: string) =>
  jsonOf<Member>(await join(tenant, email, role), 201).id;
const rolesIn = (tenant: string) =>
  world.deps.directory.entities(tenant, "member").map(({ role }) => role);

/** A new tenant with those owners; their ids. */
async function tenantOwnedBy(id: string, ...owners: string[]): Promise<string[]> {
  jsonOf(await ask("POST", "/api/v1/tenants", { id, name: id }), 201);
  return Promise.all(owners.map((email) => joined(id, email, "owner")));
}

/** As a person of tenant `owned` with that role would ask. */
const asRole = (role: keyof typeof OF_ROLE): Asked => {
  const caller = {
    tenant: "owned",
    actor: "user:x",
    ip: "127.0.0.1",
    may: new Set(OF_ROLE[role]),
  };
  return { deps: world.deps, caller, params: { tenant: "owned" } };
};

describe("a member", () => {
  it("who is new is made a user with a password shown once", async () => {
    const body = { email: "New@Example.com", name: "New", role: "member" };
    const { password, ...made } = jsonOf<Member>(await ask("POST", url("a"), body, "a"), 201);
    expect(made).toMatchObject({
      id: userIdOf("new@example.com"),
      email: "new@example.com",
      name: "New",
    });
    expect(password).toMatch(/^[\w-]{24}$/);
    const [read, listed] = [
      await world.get("a", url("a", made.id)),
      await world.get("a", url("a")),
    ];
    expect(jsonOf(read)).toEqual(made);
    expect(jsonOf<{ items: object[] }>(listed).items).toContainEqual(made);
    expect(read.body + listed.body).not.toMatch(/password|scrypt|hash/i);
    const user = world.deps.directory.find("platform", "user", made.id)?.entity;
    expect(user).toMatchObject({ role: "user", name: "New" });
  });

  it("who is a user already is the same user, without a new password", async () => {
    const id = await joined("a", "both@example.com", "viewer");
    const added = jsonOf<Member>(await join("b", "BOTH@example.com", "admin", "platform"), 201);
    expect(added).toMatchObject({ id, role: "admin" });
    expect(added).not.toHaveProperty("password");
    expect(jsonOf<Member>(await world.get("a", url("a", id))).role).toBe("viewer");
    expect((await join("b", "both@example.com", "viewer", "platform")).json()).toMatchObject({
      code: "conflict",
    });
  });

  it("whom another tenant made, and whose first password it saw, comes in by the platform only", async () => {
    await joined("a", "squatted@example.com", "viewer");
    const refused = await join("b", "squatted@example.com", "viewer", "b");
    expect(refused.json()).toMatchObject({ status: 403, code: "forbidden" });
    const id = await joined("a", "back@example.com", "viewer");
    await ask("DELETE", url("a", id), undefined, "a");
    expect((await join("a", "back@example.com", "viewer", "a")).statusCode).toBe(201);
  });

  it("is given another role, and removed; they stay a user", async () => {
    const id = await joined("a", "changing@example.com", "viewer");
    const changed = await ask("PATCH", url("a", id), { role: "admin" }, "a");
    expect(jsonOf(changed)).toMatchObject({ id, role: "admin", email: "changing@example.com" });
    expect((await ask("DELETE", url("a", id), undefined, "a")).statusCode).toBe(204);
    expect((await world.get("a", url("a", id))).statusCode).toBe(404);
    expect(world.deps.directory.find("platform", "user", id)).toBeDefined();
  });

  it("takes their own SMTP settings along", async () => {
    const id = await joined("a", "settled@example.com", "member");
    const server = { host: "smtp.test", port: 587, secure: false, user: "x", sealedPassword: "s" };
    const updated = { updatedAt: new Date().toISOString(), updatedBy: id };
    const entity = { kind: "usersmtp", id, ...server, ...updated } as const;
    const base = { time: updated.updatedAt, actor: "test", reason: "test" };
    const fact = { ...base, tenant: "a", kind: "usersmtp", id, entity };
    await world.deps.directory.reached(await putEntity(world.deps.nats, fact));
    expect((await ask("DELETE", url("a", id), undefined, "a")).statusCode).toBe(204);
    expect(world.deps.directory.find("a", "usersmtp", id)).toBeUndefined();
  });

  it.each([
    [{}, ["email", "role"]],
    [{ email: "a@b.test", role: "king" }, ["role"]],
    [{ email: "a b@c.test", role: "viewer", name: "\u0007", id: "x" }, ["email", "id", "name"]],
  ])("is not made of %j", async (payload, fields) => {
    const { errors } = jsonOf<{ errors: { field: string }[] }>(
      await ask("POST", url("a"), payload),
      422,
    );
    expect(errors.map(({ field }) => field).toSorted()).toEqual(fields);
  });
});

describe("the members of a tenant", () => {
  it("are unknown to another tenant, and known to the platform", async () => {
    const id = await joined("a", "private@example.com", "viewer");
    const answers = [
      await ask("GET", url("a"), undefined, "b"),
      await ask("GET", url("a", id), undefined, "b"),
      await join("a", "intruder@example.com", "viewer", "b"),
      await ask("PATCH", url("a", id), { role: "admin" }, "b"),
      await ask("DELETE", url("a", id), undefined, "b"),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 404));
    const intruder = userIdOf("intruder@example.com");
    expect(world.deps.directory.find("platform", "user", intruder)).toBeUndefined();
    expect((await ask("GET", url("a", id))).statusCode).toBe(200);
  });

  it("are none of the platform, whose people are its administrators", async () => {
    expect((await join("platform", "climber@example.com", "admin")).statusCode).toBe(404);
    expect(rolesIn("platform")).toEqual([]);
  });
});

describe("an owner", () => {
  const said = { ifMatch: undefined, reason: undefined };
  const forbidden = expect.objectContaining({ code: "forbidden" });

  it("is made, changed and removed by owners and the platform only", async () => {
    const [id = ""] = await tenantOwnedBy("owned", "first@example.com");
    const plain = await joined("owned", "plain@example.com", "member");
    const second = { email: "second@example.com", role: "owner" };
    const [admin, owner] = [asRole("admin"), asRole("owner")];
    await expect(makeOf(members, admin, second, said)).rejects.toEqual(forbidden);
    expect(world.deps.directory.find("platform", "user", userIdOf(second.email))).toBeUndefined();
    await expect(changeOf(members, admin, plain, { role: "owner" }, said)).rejects.toEqual(
      forbidden,
    );
    await expect(changeOf(members, admin, id, { role: "viewer" }, said)).rejects.toEqual(forbidden);
    await expect(removeOf(members, admin, id, said)).rejects.toEqual(forbidden);
    expect(rolesIn("owned").toSorted()).toEqual(["member", "owner"]);
    await makeOf(members, owner, second, said);
    await changeOf(members, owner, plain, { role: "owner" }, said);
    await changeOf(members, owner, id, { role: "admin" }, said);
    await removeOf(members, owner, plain, said);
    expect(rolesIn("owned").toSorted()).toEqual(["admin", "owner"]);
  });

  it("who is the last one is neither removed nor demoted", async () => {
    const [id = ""] = await tenantOwnedBy("lonely", "lonely@example.com");
    const detail = "it is used by tenant lonely, as its last owner";
    for (const answer of [
      await ask("DELETE", url("lonely", id)),
      await ask("PATCH", url("lonely", id), { role: "admin" }),
    ])
      expect(answer.json()).toMatchObject({ status: 409, code: "in_use", detail });
    expect((await ask("PATCH", url("lonely", id), { role: "owner" })).statusCode).toBe(200);
  });

  it("stays, also when the last two go at once, and whichever way", async () => {
    const [one = "", other = ""] = await tenantOwnedBy("two", "one@two.test", "other@two.test");
    const answers = await Promise.all([
      ask("DELETE", url("two", one)),
      ask("PATCH", url("two", other), { role: "viewer" }),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toContain(409);
    expect(rolesIn("two")).toContain("owner");
  });
});

describe("an SMTP credential of a member", () => {
  const credentials = "/api/v1/smtp-credentials";
  const make = (payload: object) => ask("POST", credentials, { name: "theirs", ...payload }, "a");

  it("is nobody's who is not in the tenant", async () => {
    const elsewhere = await joined("b", "elsewhere@example.com", "viewer");
    const { id } = jsonOf<Member>(await make({}), 201);
    for (const answer of [
      await make({ user: elsewhere }),
      await make({ user: "nobody" }),
      await ask("PATCH", `${credentials}/${id}`, { user: elsewhere }, "a"),
    ])
      expect(answer.json()).toMatchObject({ status: 422, errors: [{ field: "user" }] });
  });

  it("keeps the member, until it is given to nobody", async () => {
    const user = await joined("a", "machine@example.com", "member");
    const { id, ...made } = jsonOf<Member & { user: string }>(await make({ user }), 201);
    expect(made.user).toBe(user);
    const remove = () => ask("DELETE", url("a", user), undefined, "a");
    expect((await remove()).json()).toMatchObject({
      code: "in_use",
      detail: `it is used by the SMTP credential ${id} of tenant a`,
    });
    const freed = await ask("PATCH", `${credentials}/${id}`, { user: null }, "a");
    expect(jsonOf(freed)).not.toHaveProperty("user");
    expect((await remove()).statusCode).toBe(204);
  });
});
