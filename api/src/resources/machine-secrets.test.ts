import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { putKey, startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

type Made = { id: string; name: string; key: string; password: string; username: string };

type Page = { items: Made[]; nextCursor: string | null };

const make = (path: string, payload: object) =>
  world.as("a", { method: "POST", url: `/api/v1/${path}`, payload });
const remove = (path: string, id: string, tenant = "a") =>
  world.as(tenant, { method: "DELETE", url: `/api/v1/${path}/${id}` });
const withKey = (key: string, url = "/api/v1/messages", remoteAddress = "127.0.0.1") =>
  world.app.inject({ url, remoteAddress, headers: { authorization: `Bearer ${key}` } });

describe.each(["api-keys", "smtp-credentials"])("%s", (path) => {
  it("are shown once, and listed without what they open", async () => {
    const answer = await make(path, { name: "the shop" });
    expect(answer.statusCode).toBe(201);
    const made = jsonOf<Made>(answer, 201);
    const secret = made.key ?? made.password;
    expect(secret).toMatch(/^wb_live_.{32}/);
    const [listed, read] = [
      await world.get("a", `/api/v1/${path}`),
      await world.get("a", `/api/v1/${path}/${made.id}`),
    ];
    expect(jsonOf<{ items: Made[] }>(listed).items).toContainEqual(jsonOf(read));
    expect(jsonOf(read)).toMatchObject({ id: made.id, name: "the shop" });
    expect(listed.body + read.body).not.toMatch(new RegExp(`${secret}|hash|kind`));
  });

  it("are listed page by page, the newest first", async () => {
    const names = ["one", "two", "three"];
    for (const name of names) await make(path, { name });
    const listed: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const next: string = cursor && `&cursor=${cursor}`;
      const page = await world.get("a", `/api/v1/${path}?limit=2${next}`);
      const { items, nextCursor } = jsonOf<Page>(page);
      expect(items.length).toBeLessThanOrEqual(2);
      listed.push(...items.map(({ name }) => name));
      cursor = nextCursor;
    }
    expect(listed.filter((name) => names.includes(name))).toEqual(names.toReversed());
  });

  it("are 10,000 at most", async () => {
    const counted = vi.spyOn(world.deps.directory, "count").mockReturnValue(10_000);
    const refused = await make(path, { name: "one more" });
    counted.mockReturnValue(9999);
    const last = await make(path, { name: "the last" });
    counted.mockRestore();
    expect(refused.json()).toMatchObject({ code: "invalid_body", errors: [{ field: "body" }] });
    expect(last.statusCode).toBe(201);
  });

  it("are gone once revoked, and only for their tenant to revoke", async () => {
    const { id } = jsonOf<Made>(await make(path, { name: "short" }), 201);
    expect((await remove(path, id, "b")).statusCode).toBe(404);
    expect((await remove(path, id)).statusCode).toBe(204);
    expect((await remove(path, id)).statusCode).toBe(404);
    expect((await world.get("a", `/api/v1/${path}/${id}`)).statusCode).toBe(404);
  });

  it.each([
    [{}, ["name"]],
    [{ name: "" }, ["name"]],
    [{ name: "x".repeat(101) }, ["name"]],
    [{ name: "a\u0000b" }, ["name"]],
    [{ name: 1, networks: ["10.0.0.0/33"], colour: "red" }, ["name", "networks.0", "colour"]],
    [{ name: "x", networks: [] }, ["networks"]],
    [{ name: "x", expiresAt: "tomorrow" }, ["expiresAt"]],
    [{ name: "x", test: "yes" }, ["test"]],
  ])("name every field of %j that breaks a rule", async (payload, fields) => {
    const answer = await make(path, payload);
    expect(answer.statusCode).toBe(422);
    const { errors } = jsonOf<{ errors: { field: string }[] }>(answer, 422);
    expect(errors.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
  });

  it("change by a merge patch, and for one of two at a time", async () => {
    const { id } = jsonOf<Made>(await make(path, { name: "old", networks: ["10.0.0.0/8"] }), 201);
    const url = `/api/v1/${path}/${id}`;
    const { etag = "" } = (await world.get("a", url)).headers;
    const change = (payload: object, tenant = "a") =>
      world.as(tenant, { method: "PATCH", url, payload, headers: { "if-match": etag } });
    expect((await change({ name: "stolen" }, "b")).statusCode).toBe(404);
    const answers = await Promise.all([
      change({ name: "new", networks: null }),
      change({ name: "new", networks: null }),
    ]);
    const [won, lost] = answers.toSorted((one, other) => one.statusCode - other.statusCode);
    expect([won?.statusCode, lost?.statusCode]).toEqual([200, 409]);
    expect(won?.json()).toEqual(jsonOf(await world.get("a", url)));
    expect(won?.json()).toMatchObject({ name: "new" });
    expect(won?.body).not.toContain("networks");
    expect(lost?.json()).toMatchObject({ code: "conflict" });
    expect(`"${lost?.json<{ version: number }>().version}"`).toBe(won?.headers["etag"]);
    const late = { method: "DELETE", url, headers: { "if-match": etag } } as const;
    expect((await world.as("a", late)).statusCode).toBe(409);
  });

  it("leave who made them, from where and when in the log", async () => {
    const headers = { "x-reason": "for the shop" };
    const request = {
      method: "POST",
      url: `/api/v1/${path}`,
      payload: { name: "told" },
      headers,
    } as const;
    const { id } = jsonOf<Made>(await world.as("a", request), 201);
    const kind = path === "api-keys" ? "apikey" : "credential";
    const query = { last_by_subj: `control.a.${kind}.${id}` };
    const fact = await world.deps.nats.jsm.direct.getMessage("CONTROL", query);
    expect(fact?.json()).toMatchObject({
      actor: "apikey:akey",
      ip: "127.0.0.1",
      reason: "for the shop",
    });
  });
});

describe("an API key", () => {
  it("for testing makes nothing that is not: it cannot have admin", async () => {
    const payload = { name: "t", test: true, scopes: ["read", "admin"] };
    expect((await make("api-keys", payload)).json()).toMatchObject({
      code: "invalid_body",
      errors: [{ field: "scopes" }],
    });
    const { id, key } = jsonOf<Made>(await make("api-keys", { name: "t", test: true }), 201);
    expect(key).toMatch(/^wb_test_/);
    const url = `/api/v1/api-keys/${id}`;
    const change = { method: "PATCH", url, payload: { scopes: ["admin"] } } as const;
    expect((await world.as("a", change)).statusCode).toBe(422);
  });

  it("opens what its scopes say from the moment it is made, and nothing once it is revoked", async () => {
    const { id, key } = jsonOf<Made>(await make("api-keys", { name: "reader" }), 201);
    expect((await withKey(key)).statusCode).toBe(200);
    const refused = await withKey(key, "/api/v1/api-keys");
    expect(refused.json()).toMatchObject({ status: 403, code: "forbidden" });
    await remove("api-keys", id);
    expect((await withKey(key)).statusCode).toBe(401);
  });

  it("tells when it was last used", async () => {
    const { id, key } = jsonOf<Made>(await make("api-keys", { name: "used" }), 201);
    const url = `/api/v1/api-keys/${id}`;
    expect(jsonOf(await world.get("a", url))).not.toHaveProperty("lastUsedAt");
    const before = new Date().toISOString();
    await withKey(key);
    const lastUse = async () =>
      jsonOf<{ lastUsedAt?: string }>(await world.get("a", url)).lastUsedAt ?? "";
    await expect.poll(lastUse).not.toBe("");
    expect((await lastUse()) >= before).toBe(true);
  });

  it("with the scope admin makes others", async () => {
    const { key } = jsonOf<Made>(await make("api-keys", { name: "boss", scopes: ["admin"] }), 201);
    expect((await withKey(key, "/api/v1/api-keys")).statusCode).toBe(200);
    expect((await withKey(key)).json()).toMatchObject({ code: "forbidden" });
  });

  it("gives nobody more than it has: neither a key, by making or changing it, nor a person", async () => {
    const { key, id } = jsonOf<Made>(await make("api-keys", { name: "b", scopes: ["admin"] }), 201);
    const withIt = (method: "POST" | "PATCH", path: string, payload: object) =>
      world.app.inject({
        method,
        url: `/api/v1/${path}`,
        payload,
        headers: { authorization: `Bearer ${key}` },
      });
    const person = { email: "puppet@example.com", role: "admin" };
    const refused = [
      await withIt("POST", "api-keys", { name: "reader" }),
      await withIt("POST", "api-keys", { name: "sender", scopes: ["admin", "send"] }),
      await withIt("PATCH", `api-keys/${id}`, { scopes: ["admin", "read"] }),
      await withIt("POST", "tenants/a/members", person),
      await withIt("POST", "tenants/a/members", { ...person, role: "viewer" }),
    ];
    for (const one of refused) expect(one.json()).toMatchObject({ status: 403, code: "forbidden" });
    expect(world.deps.directory.user(person.email)).toBeUndefined();
    expect((await withIt("POST", "api-keys", { name: "c", scopes: ["admin"] })).statusCode).toBe(
      201,
    );
    expect((await withIt("PATCH", `api-keys/${id}`, { name: "d" })).statusCode).toBe(200);
  });

  it("opens nothing after its time, or from elsewhere", async () => {
    const old = { name: "old", expiresAt: "2020-01-01T00:00:00.000Z" };
    const expired = jsonOf<Made>(await make("api-keys", old), 201);
    expect((await withKey(expired.key)).statusCode).toBe(401);
    const local = jsonOf<Made>(
      await make("api-keys", { name: "in", networks: ["10.0.0.0/8"] }),
      201,
    );
    expect((await withKey(local.key, undefined, "10.1.2.3")).statusCode).toBe(200);
    expect((await withKey(local.key, undefined, "192.0.2.1")).statusCode).toBe(401);
  });

  it("made before there were scopes may do everything", async () => {
    const key = "wb_live_first_a-secret";
    const seq = await putKey(world.deps.nats, "a", "first", key);
    await world.deps.directory.reached(seq);
    expect((await withKey(key, "/api/v1/api-keys")).statusCode).toBe(200);
  });
});
