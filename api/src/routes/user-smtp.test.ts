import { newMessageId } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { tell } from "../testing/history.ts";
import { putMember, putUser, sessionsOf } from "../testing/people.ts";
import { startSmtpServer, type TestSmtpServer } from "../testing/smtp-server.ts";
import { keyOf, put, startWorld, type World } from "../testing/world.ts";

const SETTINGS = "/api/smtp/settings";
const SECRET = "a secret w0rd";
const SERVER = {
  host: "smtp.example.com",
  port: 587,
  secure: false,
  user: "user@example.com",
  pass: SECRET,
};
const GLOBAL = {
  host: null,
  port: null,
  secure: null,
  user: null,
  hasPassword: false,
  isGlobal: true,
};
const REMOVED = { message: "SMTP settings removed. System will use global SMTP settings." };

const lookup = async (name: string) => (name === "mail.test" ? ["127.0.0.1"] : []);

let world: World;
let server: TestSmtpServer;
let now = Date.parse("2026-01-01T00:00:00Z");
const tokens = new Map<string, string>();

beforeAll(async () => {
  server = await startSmtpServer({ username: "u", password: SECRET });
  world = await startWorld({ now: () => new Date(now), allow: ["127.0.0.1/32"], lookup });
  await putUser(world, "ann");
  await putUser(world, "bob");
  await putUser(world, "vic");
  await putMember(world, "a", "ann", "member");
  await putMember(world, "b", "ann", "owner");
  await putMember(world, "a", "bob", "owner");
  await putMember(world, "a", "vic", "viewer");
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  now += 60_000;
  for (const id of ["ann", "bob", "vic"]) {
    const { accessToken } = await sessionsOf(world.app).logIn(id, { tenant: "a" });
    tokens.set(id, accessToken);
  }
  await ask("ann", { method: "DELETE", url: SETTINGS });
});

const ask = (as: string, request: InjectOptions) =>
  world.app.inject({ ...request, headers: { authorization: `Bearer ${tokens.get(as) ?? as}` } });
const read = async (as: string) => jsonOf(await ask(as, { url: SETTINGS }));
const save = (as: string, payload: object) => ask(as, { method: "POST", url: SETTINGS, payload });
const tryOut = (as: string, payload: object) =>
  ask(as, { method: "POST", url: "/api/smtp/test", payload });

describe("one's own settings", () => {
  test("are those of all at first, of which nothing is told", async () => {
    const smtp = { host: "hidden.example.com", port: 25, tls: "none", verify: true } as const;
    const provider = {
      kind: "provider",
      type: "smtp",
      id: "s",
      name: "s",
      concurrency: 1,
    } as const;
    const { nats, directory } = world.deps;
    await directory.reached(await put(nats, PLATFORM, { ...provider, smtp }));
    expect(await read("ann")).toEqual(GLOBAL);
  });

  test("are saved, told without the password, and removed", async () => {
    const { pass: _pass, ...told } = SERVER;
    const saved = await save("ann", SERVER);
    expect(jsonOf(saved)).toEqual({
      message: "SMTP settings saved successfully",
      settings: { ...told, updatedAt: new Date(now).toISOString(), updatedBy: "ann" },
    });
    expect(await read("ann")).toEqual({ ...told, hasPassword: true, isGlobal: false });
    const removed = await ask("ann", { method: "DELETE", url: SETTINGS });
    expect(jsonOf(removed)).toEqual(REMOVED);
    expect(await read("ann")).toEqual(GLOBAL);
    expect(jsonOf(await ask("ann", { method: "DELETE", url: SETTINGS }))).toEqual(REMOVED);
  });

  test("are nobody else's, not even the same person's in another tenant", async () => {
    await save("ann", SERVER);
    expect(await read("bob")).toEqual(GLOBAL);
    const { accessToken } = await sessionsOf(world.app).logIn("ann", { tenant: "b" });
    tokens.set("ann in b", accessToken);
    expect(await read("ann in b")).toEqual(GLOBAL);
  });

  test("are kept with a sealed password, and a word on who changed them", async () => {
    await save("ann", SERVER);
    const held = world.deps.directory.find("a", "usersmtp", "ann")?.entity;
    expect(JSON.stringify(held)).not.toContain(SECRET);
    expect(world.deps.vault.open("a", held?.sealedPassword ?? "")).toBe(SECRET);
    expect(held).toMatchObject({ id: "ann", updatedBy: "ann" });
  });

  test.each([
    [465, undefined, true],
    [465, false, true],
    [587, undefined, false],
    [587, true, true],
  ])("on port %i with secure %s are secure: %s", async (port, secure, expected) => {
    const { secure: _secure, ...rest } = SERVER;
    await save("ann", { ...rest, port, ...(secure !== undefined && { secure }) });
    expect(await read("ann")).toMatchObject({ port, secure: expected });
  });

  test("that break rules are refused, with all fields named", async () => {
    const answer = await save("ann", { host: "a b", port: 0, secure: "no", user: "", colour: 1 });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    const { errors } = jsonOf<{ errors: { field: string }[] }>(answer, 422);
    const fields = errors.map(({ field }) => field).toSorted();
    expect(fields).toEqual(["colour", "host", "pass", "port", "secure", "user"]);
    expect(await read("ann")).toEqual(GLOBAL);
  });
});

const payload = () => ({ host: "mail.test", port: server.port, user: "u", pass: SECRET });

describe("a test", () => {
  test("that succeeds says so", async () => {
    const answer = jsonOf(await tryOut("ann", payload()));
    expect(answer).toEqual({ success: true, message: "SMTP connection test successful" });
  });

  test("that fails is no success, tells why, and not the password", async () => {
    const answer = await tryOut("ann", { ...payload(), pass: "wrong w0rd" });
    const error =
      "SMTP connection test failed: the server refused the login: 535 5.7.8 no such login";
    expect(jsonOf(answer, 400)).toEqual({ success: false, error });
    expect(answer.body).not.toContain("wrong w0rd");
  });

  test.each(["127.0.0.2", "169.254.169.254", "nowhere.test"])(
    "of %s, which is not reached, reads as all of them",
    async (host) => {
      const error = "SMTP connection test failed: the host cannot be reached or is not allowed";
      const answer = await tryOut("ann", { ...payload(), host });
      expect(jsonOf(answer, 400)).toEqual({ success: false, error });
    },
  );

  test("that breaks rules is refused, with all fields named", async () => {
    const { errors } = jsonOf<{ errors: object[] }>(await tryOut("ann", {}), 422);
    expect(errors).toHaveLength(4);
  });

  test("counts with those of providers", async () => {
    const nowhere = { type: "smtp", host: "127.0.0.2", port: 25, tls: "none", verify: true };
    const url = "/api/v1/providers/test";
    for (let at = 0; at < 5; at += 1) {
      await tryOut("ann", { ...payload(), host: "127.0.0.2" });
      await world.as("a", { method: "POST", url, payload: nowhere });
    }
    expect((await tryOut("ann", payload())).statusCode).toBe(429);
    expect((await world.as("a", { method: "POST", url, payload: nowhere })).statusCode).toBe(429);
  });
});

const healthOf = async (as: string) => jsonOf(await ask(as, { url: "/api/smtp/health" }));

test("health is told by the last mail that went that way, and by nobody else's", async () => {
  const insert = `INSERT INTO attempts (tenant, seq, message_id, attempt, provider, kind, status,
    recipients, duration_ms, response, at, class)
    VALUES ('a', 1, $1, 1, 'user:ann', 'smtp', 'failed', '{}', 1, '535 no', $2, 'auth')`;
  const at = "2026-01-01T00:00:00.000Z";
  await world.engines.owner.query(insert, [newMessageId(), at]);
  const lastError = { at, class: "auth", response: "535 no" };
  expect(await healthOf("ann")).toEqual({ state: "failing", lastSuccess: null, lastError });
  expect(await healthOf("bob")).toMatchObject({ state: "unknown", lastError: null });
});

const usage = async (as: string) => jsonOf(await ask(as, { url: "/api/smtp/usage" }));

test("usage counts the mail of one's credentials, and the attempts of one's server", async () => {
  const { nats, directory } = world.deps;
  const made = { kind: "credential", id: "used", username: "used", hash: "", user: "ann" } as const;
  await directory.reached(await put(nats, "a", made));
  const handedIn = async (status: "delivered" | "dead", acceptedAt: string) => {
    const id = await tell(world, "a", { status, acceptedAt });
    const sql = "UPDATE messages SET credential = 'used' WHERE id = $1";
    await world.engines.owner.query(sql, [id]);
  };
  await handedIn("delivered", "2026-01-01T00:00:00.000Z");
  await handedIn("delivered", "2026-01-01T00:00:01.000Z");
  await handedIn("dead", "2026-01-01T00:00:02.000Z");
  await handedIn("dead", "2025-11-01T00:00:00.000Z");
  const [messages, ownServer] = [{ delivered: 2, dead: 1 }, { failed: 1 }];
  expect(await usage("ann")).toMatchObject({ user: "ann", messages, ownServer });
  expect(await usage("bob")).toMatchObject({ user: "bob", messages: {}, ownServer: {} });
});

describe("nobody but a person has them", () => {
  const requests: InjectOptions[] = [
    { url: SETTINGS },
    { method: "POST", url: SETTINGS, payload: SERVER },
    { method: "DELETE", url: SETTINGS },
    { method: "POST", url: "/api/smtp/test", payload: SERVER },
    { url: "/api/smtp/health" },
    { url: "/api/smtp/usage" },
  ];

  test.each([keyOf("a"), keyOf(PLATFORM), "vic"])("%s is refused", async (as) => {
    for (const request of requests) expect((await ask(as, request)).statusCode).toBe(403);
  });
});

test("explain tells of the server, and of what follows it", async () => {
  await save("ann", SERVER);
  const credential = { kind: "credential", id: "c", name: "c", username: "c", hash: "" } as const;
  const { nats, directory } = world.deps;
  await directory.reached(await put(nats, "a", { ...credential, user: "ann" }));
  const mail = { from: "a@x.test", recipients: ["b@y.test"], credential: "c" };
  const url = "/api/v1/routing/explain";
  const { items } = jsonOf<{ items: object[] }>(
    await world.as("a", { method: "POST", url, payload: mail }),
  );
  expect(items).toMatchObject([
    {
      why: "the user's own SMTP server",
      owner: "tenant",
      provider: { id: "user:ann", type: "smtp" },
      next: [
        {
          why: "instead of the user's own SMTP server: the system-wide provider",
          owner: "platform",
          provider: { id: "s" },
        },
      ],
    },
  ]);
  expect(JSON.stringify(items)).not.toContain("example.com");
});
