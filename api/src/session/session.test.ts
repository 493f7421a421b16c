import { makeSessionStore, putEntity } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import {
  emailOf,
  PASSWORD,
  putMember,
  putUser,
  sessionsOf,
  startSecond,
  type Tokens,
} from "../testing/people.ts";
import { put, startWorld, type World } from "../testing/world.ts";

const MINUTE = 60_000;
let time = Date.parse("2026-01-02T03:04:05.678Z");
let world: World;
let app: ReturnType<typeof sessionsOf>;
beforeAll(async () => {
  world = await startWorld({ now: () => new Date(time) });
  app = sessionsOf(world.app);
  await putUser(world, "root", { role: "admin" });
  await putUser(world, "stranger");
});
afterAll(() => world[Symbol.asyncDispose]());

const problem = (answer: { statusCode: number; json(): unknown }) => [
  answer.statusCode,
  (answer.json() as { code: string }).code,
];
const OVER = [401, "session_over"];
const NOBODY = [401, "unauthenticated"];

let count = 0;
let ann: string;
/** Somebody new for each test: member of a, owner of b. */
beforeEach(async () => {
  ann = `ann${(count += 1)}`;
  await putUser(world, ann, { name: "Ann" });
  await putMember(world, "a", ann, "member");
  await putMember(world, "b", ann, "owner");
});

async function remove(tenant: string, kind: string, id: string): Promise<void> {
  const said = { time: new Date(time).toISOString(), actor: "test", reason: "test" };
  const seq = await putEntity(world.deps.nats, { tenant, kind, id, ...said, entity: null });
  await world.deps.directory.reached(seq);
}

describe("a login", () => {
  it("opens the first tenant, or the one that is named, with the role there", async () => {
    const first = await app.logIn(ann);
    expect(first).toMatchObject({ tenant: "a", role: "member", expiresIn: 600 });
    expect(first.user).toEqual({ id: ann, email: emailOf(ann), name: "Ann" });
    expect(await app.logIn(ann, { tenant: "b" })).toMatchObject({ tenant: "b", role: "owner" });
    expect(await app.logIn(ann, { email: emailOf(ann).toUpperCase() })).toMatchObject({
      tenant: "a",
    });
  });

  it("tells who one is, and what one may do", async () => {
    const { accessToken } = await app.logIn(ann);
    expect(jsonOf(await app.me(accessToken))).toMatchObject({
      user: { id: ann },
      tenant: "a",
      role: "member",
      permissions: expect.arrayContaining(["mail:send", "session:own"]),
      tenants: [
        { id: "a", name: "a", role: "member" },
        { id: "b", name: "b", role: "owner" },
      ],
    });
    expect((await app.get(accessToken, "/api/v1/messages")).statusCode).toBe(200);
    expect((await app.get(accessToken, "/api/v1/api-keys")).statusCode).toBe(403);
  });

  it("opens the platform, and every tenant, to its administrators", async () => {
    const { accessToken, ...rest } = await app.logIn("root");
    expect(rest).toMatchObject({ tenant: PLATFORM, role: "platform" });
    const me = jsonOf<{ permissions: string[] }>(await app.me(accessToken));
    expect(me.permissions).toContain("platform");
    expect(await app.logIn("root", { tenant: "b" })).toMatchObject({ tenant: "b" });
    expect(problem(await app.tryLogin("root", { tenant: "nowhere" }))).toEqual([403, "forbidden"]);
  });

  it("opens the platform to no member of it", async () => {
    await putMember(world, PLATFORM, "stranger", "owner");
    expect(problem(await app.tryLogin("stranger"))).toEqual([403, "forbidden"]);
    expect(await app.logIn("root")).toMatchObject({ tenant: PLATFORM, role: "platform" });
    await remove(PLATFORM, "member", "stranger");
  });

  it("is refused alike for a wrong name and a wrong password", async () => {
    const answers = [
      await app.tryLogin("nobody"),
      await app.tryLogin(ann, { password: "wrong" }),
      await app.tryLogin("nobody", { tenant: "nowhere" }),
    ];
    const [first] = answers;
    for (const one of answers) {
      expect(problem(one)).toEqual([401, "wrong_login"]);
      expect(one.body).toBe(first?.body);
    }
  });

  it("is refused when the password was changed while it was checked", async () => {
    const { directory } = world.deps;
    const before = directory.user(emailOf(ann));
    await putUser(world, ann, {
      passwordHash: `scrypt$1024$8$1$${"A".repeat(22)}$${"A".repeat(43)}`,
    });
    const looking = vi.spyOn(directory, "user").mockReturnValueOnce(before);
    expect(problem(await app.tryLogin(ann))).toEqual([401, "wrong_login"]);
    expect(looking).toHaveBeenCalledTimes(2);
    looking.mockRestore();
  });

  it.each([{}, { tenant: "b" }, { tenant: PLATFORM }])(
    "opens nothing to a stranger: %j",
    async (where) => {
      expect(problem(await app.tryLogin("stranger", where))).toEqual([403, "forbidden"]);
    },
  );

  it.each([
    [{ email: "" }, "email"],
    [{ email: "x".repeat(321) }, "email"],
    [{ email: "a\u0000b" }, "email"],
    [{ password: "x".repeat(201) }, "password"],
    [{ tenant: "A B" }, "tenant"],
    [{ colour: "red" }, "colour"],
  ])("names the field of %j that breaks a rule", async (more, field) => {
    const answer = await app.tryLogin(ann, more);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ errors: [{ field }] });
  });
});

describe("an access token", () => {
  it("says who, where, and until when, and no more", async () => {
    const { accessToken } = await app.logIn(ann);
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: "EdDSA", kid: "1", typ: "at+jwt" });
    expect(decodeJwt(accessToken)).toEqual({
      iss: "waybill",
      aud: "waybill-api",
      sub: ann,
      tenant: "a",
      sid: expect.stringMatching(/^[0-9A-Z]{26}$/),
      iat: time / 1000,
      exp: time / 1000 + 600,
    });
  });

  it("ends after ten minutes", async () => {
    const { accessToken } = await app.logIn(ann);
    const began = time;
    time = began + 10 * MINUTE - 1000;
    expect((await app.me(accessToken)).statusCode).toBe(200);
    time = began + 10 * MINUTE + 1000;
    expect(problem(await app.me(accessToken))).toEqual(NOBODY);
  });

  it("opens what the role opens now", async () => {
    const { accessToken } = await app.logIn(ann);
    expect((await app.get(accessToken, "/api/v1/api-keys")).statusCode).toBe(403);
    await putMember(world, "a", ann, "admin");
    expect((await app.get(accessToken, "/api/v1/api-keys")).statusCode).toBe(200);
    await putMember(world, "a", ann, "viewer");
    expect((await app.get(accessToken, "/api/v1/api-keys")).statusCode).toBe(403);
  });

  it("opens nothing to a member who was removed, from then on", async () => {
    const { accessToken, refreshToken } = await app.logIn(ann);
    await remove("a", "member", ann);
    expect(problem(await app.me(accessToken))).toEqual(NOBODY);
    expect(problem(await app.refresh(refreshToken))).toEqual(OVER);
  });

  it("opens nothing to a user who was deleted, from then on", async () => {
    const { accessToken, refreshToken } = await app.logIn(ann);
    await remove(PLATFORM, "user", ann);
    expect(problem(await app.me(accessToken))).toEqual(NOBODY);
    expect(problem(await app.refresh(refreshToken))).toEqual(OVER);
  });

  it("opens nothing to a user who was deleted and made again under the same id", async () => {
    const { accessToken, refreshToken } = await app.logIn(ann);
    await remove(PLATFORM, "user", ann);
    await putUser(world, ann, { createdAt: new Date((time += 1)).toISOString() });
    expect(problem(await app.me(accessToken))).toEqual(NOBODY);
    expect(problem(await app.refresh(refreshToken))).toEqual(OVER);
    expect((await app.me((await app.logIn(ann)).accessToken)).statusCode).toBe(200);
  });

  it("opens nothing in a tenant that was deleted, from then on", async () => {
    const tenant = `gone${count}`;
    const { directory, nats } = world.deps;
    const entity = directory.tenant("a");
    if (entity) await put(nats, tenant, { ...entity, id: tenant });
    await putMember(world, tenant, ann, "owner");
    const { accessToken } = await app.logIn(ann, { tenant });
    expect((await app.me(accessToken)).statusCode).toBe(200);
    await remove(tenant, "tenant", tenant);
    expect(problem(await app.me(accessToken))).toEqual(NOBODY);
  });

  it("opens nothing when tokens count from a later moment, be it in the same second", async () => {
    const { accessToken, refreshToken } = await app.logIn(ann);
    await putUser(world, ann, { tokensFrom: new Date(time + 1).toISOString() });
    expect(problem(await app.me(accessToken))).toEqual(NOBODY);
    expect(problem(await app.refresh(refreshToken))).toEqual(OVER);
  });
});

describe("a refresh token", () => {
  it("is good once, and brings the next", async () => {
    const first = await app.logIn(ann);
    const second = jsonOf<Tokens>(await app.refresh(first.refreshToken));
    const third = jsonOf<Tokens>(await app.refresh(second.refreshToken));
    expect(new Set([first, second, third].map((one) => one.refreshToken)).size).toBe(3);
    const sids = [first, second, third].map((one) => decodeJwt(one.accessToken)["sid"]);
    expect(new Set(sids).size).toBe(1);
    expect((await app.me(third.accessToken)).statusCode).toBe(200);
  });

  it("ends its session when it is used twice, whoever came first", async () => {
    const stolen = await app.logIn(ann);
    const thief = jsonOf<Tokens>(await app.refresh(stolen.refreshToken));
    expect(problem(await app.refresh(stolen.refreshToken))).toEqual(OVER);
    expect(problem(await app.refresh(thief.refreshToken))).toEqual(OVER);
  });

  it("of a generation long ago ends it too, and no other session", async () => {
    const [first, other] = [await app.logIn(ann), await app.logIn(ann)];
    let last = first;
    for (let use = 0; use < 5; use += 1)
      last = jsonOf<Tokens>(await app.refresh(last.refreshToken));
    expect(problem(await app.refresh(first.refreshToken))).toEqual(OVER);
    expect(problem(await app.refresh(last.refreshToken))).toEqual(OVER);
    expect((await app.refresh(other.refreshToken)).statusCode).toBe(200);
  });

  it("used at once by many in two processes has one winner, and the session goes on", async () => {
    await using second = await startSecond(world);
    const there = sessionsOf(second.app);
    const { refreshToken } = await app.logIn(ann);
    const { sessions } = world.deps;
    // All have read the token as good before the first of them writes.
    const gate = gateOf(8);
    const reading = vi.spyOn(sessions, "read");
    const store = makeSessionStore(world.deps.nats);
    reading.mockImplementation(async (id) => gate(await store.read(id)));
    const use = (at: number) => (at % 2 === 0 ? app : there).refresh(refreshToken);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => use(at)));
    reading.mockRestore();
    const won = answers.filter((one) => one.statusCode === 200);
    expect(won).toHaveLength(1);
    const rest = answers.filter((one) => one.statusCode !== 200);
    for (const one of rest) expect(problem(one)).toEqual([409, "conflict"]);
    const next = won[0]?.json<Tokens>().refreshToken ?? "";
    expect((await app.refresh(next)).statusCode).toBe(200);
  });

  it("made up with the id of a session ends nothing", async () => {
    const { accessToken, refreshToken } = await app.logIn(ann);
    const { sid } = decodeJwt(accessToken) as { sid: string };
    for (const made of [`wb_refresh_${sid}_${"A".repeat(64)}`, `wb_refresh_${sid}_`, "x"]) {
      expect(problem(await app.refresh(made))).toEqual(OVER);
      expect((await app.logOut(made)).statusCode).toBe(204);
    }
    expect((await app.refresh(refreshToken)).statusCode).toBe(200);
  });

  it("is over after a logout, which may be repeated", async () => {
    const { refreshToken } = await app.logIn(ann);
    for (const _ of [1, 2]) expect((await app.logOut(refreshToken)).statusCode).toBe(204);
    expect(problem(await app.refresh(refreshToken))).toEqual(OVER);
  });

  it("is kept as a hash only", async () => {
    const { refreshToken } = await app.logIn(ann);
    const kept = JSON.stringify(await world.deps.sessions.read(refreshToken.split("_")[2] ?? ""));
    const secret = refreshToken.slice(-64);
    expect(kept).toContain(ann);
    expect(kept).not.toContain(secret.slice(0, 32));
    expect(kept).not.toContain(secret.slice(32));
  });
});

/** Lets the first so many through together, and everybody after them at once. */
function gateOf(size: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  return async <T>(value: T): Promise<T> => {
    waiting += 1;
    if (waiting === size) resolve();
    await promise;
    return value;
  };
}

describe("another tenant", () => {
  it("is taken within the session, also by the tokens that follow", async () => {
    const { accessToken, refreshToken } = await app.logIn(ann);
    const moved = jsonOf<Tokens>(await app.change(accessToken, "switch-tenant", { tenant: "b" }));
    expect(moved).toMatchObject({ tenant: "b", role: "owner" });
    expect(decodeJwt(moved.accessToken)["sid"]).toBe(decodeJwt(accessToken)["sid"]);
    expect(jsonOf(await app.me(moved.accessToken))).toMatchObject({ tenant: "b" });
    expect(jsonOf(await app.refresh(refreshToken))).toMatchObject({ tenant: "b" });
  });

  it("is refused to who is not a member, alike whether it is there", async () => {
    await remove("b", "member", ann);
    const { accessToken } = await app.logIn(ann);
    const [there, nowhere] = await Promise.all(
      ["b", "nowhere"].map((tenant) => app.change(accessToken, "switch-tenant", { tenant })),
    );
    expect(there && problem(there)).toEqual([403, "forbidden"]);
    expect(there?.body).toBe(nowhere?.body);
  });

  it("is refused after the session's end", async () => {
    const { accessToken, refreshToken } = await app.logIn(ann);
    await app.logOut(refreshToken);
    const answer = await app.change(accessToken, "switch-tenant", { tenant: "b" });
    expect(problem(answer)).toEqual(OVER);
  });
});

describe("another password", () => {
  const NEW = "a wholly new password";

  it("ends all sessions but the one it begins", async () => {
    const [mine, other] = [await app.logIn(ann), await app.logIn(ann)];
    time += 1;
    const body = { current: PASSWORD, new: NEW };
    const fresh = jsonOf<Tokens>(await app.change(mine.accessToken, "password", body));
    for (const { accessToken, refreshToken } of [mine, other]) {
      expect(problem(await app.me(accessToken))).toEqual(NOBODY);
      expect(problem(await app.refresh(refreshToken))).toEqual(OVER);
    }
    expect((await app.me(fresh.accessToken)).statusCode).toBe(200);
    expect((await app.refresh(fresh.refreshToken)).statusCode).toBe(200);
    expect(problem(await app.tryLogin(ann))).toEqual([401, "wrong_login"]);
    expect((await app.tryLogin(ann, { password: NEW })).statusCode).toBe(200);
  });

  it.each([
    [{ current: "wrong", new: NEW }, "current"],
    [{ current: PASSWORD, new: "elevenchars" }, "new"],
    [{ current: PASSWORD, new: "x".repeat(201) }, "new"],
  ])("is refused: %j", async (body, field) => {
    const { accessToken } = await app.logIn(ann);
    const answer = await app.change(accessToken, "password", body);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ errors: [{ field }] });
    expect((await app.tryLogin(ann)).statusCode).toBe(200);
  });

  it("is nothing an API key has", async () => {
    const answers = await Promise.all([
      world.get("a", "/api/v1/auth/me"),
      world.as("a", {
        method: "POST",
        url: "/api/v1/auth/password",
        payload: { current: "x", new: NEW },
      }),
    ]);
    for (const one of answers) expect(problem(one)).toEqual([403, "forbidden"]);
  });
});

const asPlatform = (url: string, payload: object) =>
  world.as(PLATFORM, { method: "POST", url: `/api/v1/${url}`, payload });

it("a person who was made by the API logs in, until they are given another password by it", async () => {
  const email = emailOf(`new${count}`);
  const made = await asPlatform("users", { email });
  const { id, password } = jsonOf<{ id: string; password: string }>(made, 201);
  await asPlatform("tenants/a/members", { email, role: "viewer" });
  const { accessToken, refreshToken, role } = await app.logIn("", { email, password });
  expect(role).toBe("viewer");
  expect((await app.me(accessToken)).statusCode).toBe(200);
  time += 1;
  expect((await asPlatform(`users/${id}/password`, {})).statusCode).toBe(200);
  expect(problem(await app.me(accessToken))).toEqual(NOBODY);
  expect(problem(await app.refresh(refreshToken))).toEqual(OVER);
  expect(problem(await app.tryLogin("", { email, password }))).toEqual([401, "wrong_login"]);
});
