import { putEntity } from "@waybill/runtime";
import type { Entity } from "@waybill/schemas";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

type View = { id: string; auth?: object; hasSecret?: boolean };
type Fields = { code: string; errors: { field: string }[] };

const PATH = "/api/v1/providers";
const PASSWORD = "p4ssw0rd-of-the-provider";
const LOGIN = { username: "ann", password: PASSWORD };
const SMTP = { type: "smtp", name: "Ours", host: "mail.example.com", auth: LOGIN };

async function put(tenant: string, entity: Entity): Promise<void> {
  const { kind, id } = entity;
  const fact = {
    tenant,
    kind,
    id,
    time: new Date().toISOString(),
    actor: "t",
    reason: "t",
    entity,
  };
  await world.deps.directory.reached(await putEntity(world.deps.nats, fact));
}

const ruleFor = (provider: string): Entity => ({
  kind: "route",
  id: "the-rule",
  position: 0,
  then: { type: "providers", providers: [provider] },
});

const make = (payload: object, tenant = "a") =>
  world.as(tenant, { method: "POST", url: PATH, payload });
const change = (id: string, payload: object, tenant = "a") =>
  world.as(tenant, { method: "PATCH", url: `${PATH}/${id}`, payload });
const remove = (id: string, tenant = "a") =>
  world.as(tenant, { method: "DELETE", url: `${PATH}/${id}` });
const read = (id: string, tenant = "a") => world.get(tenant, `${PATH}/${id}`);
const made = async (payload: object, tenant = "a") =>
  jsonOf<View>(await make(payload, tenant), 201);

/** The password as delivery would have it. */
function passwordOf(id: string, tenant = "a"): string | undefined {
  const found = world.deps.directory.provider(tenant, id);
  if (found?.type !== "smtp" || found.smtp.auth === undefined) return undefined;
  const { auth } = found.smtp;
  return auth.method === "XOAUTH2" ? undefined : world.deps.vault.open(tenant, auth.sealedPassword);
}

const fieldsOf = (answer: Parameters<typeof jsonOf>[0]): string[] =>
  jsonOf<Fields>(answer, 422).errors.map(({ field }) => field);

describe("an SMTP provider", () => {
  it("is made with what is usual, and shown without its password", async () => {
    const answer = await make({ ...SMTP, from: "us@example.com", replyTo: "help@example.com" });
    const provider = jsonOf<View>(answer, 201);
    expect(provider).toEqual({
      id: expect.stringMatching(/^\w{26}$/),
      type: "smtp",
      name: "Ours",
      isSystem: false,
      host: "mail.example.com",
      port: 587,
      tls: "starttls",
      verify: true,
      auth: { method: "PLAIN", username: "ann" },
      hasSecret: true,
      concurrency: 10,
      from: "us@example.com",
      replyTo: "help@example.com",
    });
    const listed = await world.get("a", PATH);
    expect(jsonOf<{ items: View[] }>(listed).items).toContainEqual(provider);
    expect(jsonOf(await read(provider.id))).toEqual(provider);
    expect(answer.body + listed.body).not.toMatch(new RegExp(`${PASSWORD}|ealed|t1\\.`));
    expect(passwordOf(provider.id)).toBe(PASSWORD);
  });

  it("leaves its password in no fact of the log but sealed", async () => {
    const { id } = await made(SMTP);
    const query = { last_by_subj: `control.a.provider.${id}` };
    const text = (await world.deps.nats.jsm.direct.getMessage("CONTROL", query))?.string();
    expect(text).toContain('"sealedPassword":"t1.1.');
    expect(text).not.toContain(PASSWORD);
  });

  it.each([
    ["gmail", "smtp.gmail.com"],
    ["outlook", "smtp-mail.outlook.com"],
    ["sendgrid", "smtp.sendgrid.net"],
    ["mailgun", "smtp.mailgun.org"],
  ])("made by the preset %s goes to %s", async (preset, host) => {
    const provider = await made({ type: "smtp", name: "x", preset });
    expect(provider).toMatchObject({ host, port: 587, tls: "starttls", hasSecret: false });
    const { items } = jsonOf<{ items: object[] }>(await world.get("a", `${PATH}/presets`));
    expect(items).toContainEqual({ preset, host, port: 587, tls: "starttls" });
  });

  it("says what it is given beside a preset, and begins with TLS on port 465", async () => {
    const given = { type: "smtp", name: "x", preset: "mailgun", host: "smtp.eu.mailgun.org" };
    expect(await made({ ...given, port: 465 })).toMatchObject({
      host: "smtp.eu.mailgun.org",
      port: 465,
      tls: "implicit",
    });
    expect(await made({ ...given, port: 465, tls: "none" })).toMatchObject({ tls: "none" });
  });

  it.each([
    [{ type: "smtp" }, ["host", "name"]],
    [{ ...SMTP, type: "pigeon" }, ["type"]],
    [{ name: "x" }, ["type"]],
    [{ ...SMTP, host: "smtp://mail.example.com" }, ["host"]],
    [{ ...SMTP, host: "mail.example.com\r\n", port: 0, tls: "ssl" }, ["host", "port", "tls"]],
    [{ ...SMTP, port: 65536 }, ["port"]],
    [{ ...SMTP, from: "us@example.com\r\nBcc: x@example.com" }, ["from"]],
    [{ ...SMTP, replyTo: "nobody" }, ["replyTo"]],
    [{ ...SMTP, auth: { username: "ann" } }, ["auth.password"]],
    [
      { ...SMTP, auth: { username: "a\nb", password: "x\r\n" } },
      ["auth.password", "auth.username"],
    ],
    [{ ...SMTP, auth: { ...LOGIN, sealedPassword: "t1.1.a.b" } }, ["auth.sealedPassword"]],
    [{ ...SMTP, preset: "aol", concurrency: 0 }, ["concurrency", "preset"]],
    [
      { ...SMTP, timeouts: { connect: 1 } },
      ["timeouts.connect", "timeouts.greeting", "timeouts.socket"],
    ],
    [{ ...SMTP, id: "mine", isSystem: true }, ["id", "isSystem"]],
    [{ type: "sandbox", name: "x", host: "h" }, ["host"]],
  ])("%j is refused by the names of its fields", async (payload, fields) => {
    expect(fieldsOf(await make(payload)).toSorted()).toEqual(fields);
  });
});

describe("a patch of a provider", () => {
  it("keeps the password it does not name", async () => {
    const { id } = await made(SMTP);
    const payload = { name: "New", verify: false, auth: { username: "bob", method: "LOGIN" } };
    expect(jsonOf(await change(id, payload))).toMatchObject({
      name: "New",
      verify: false,
      host: "mail.example.com",
      auth: { username: "bob", method: "LOGIN" },
      hasSecret: true,
    });
    expect(passwordOf(id)).toBe(PASSWORD);
    const renewed = await change(id, { auth: { password: "another" } });
    expect(jsonOf(renewed)).toMatchObject({ auth: { username: "bob" } });
    expect(passwordOf(id)).toBe("another");
  });

  it.each([{ auth: null }, { auth: { password: null } }])("%j ends the login", async (payload) => {
    const { id } = await made(SMTP);
    const changed = jsonOf<View>(await change(id, payload));
    expect(changed).toMatchObject({ hasSecret: false });
    expect(changed.auth).toBeUndefined();
    expect(fieldsOf(await change(id, { auth: { password: "x" } }))).toEqual(["auth.username"]);
    expect(fieldsOf(await change(id, { auth: { username: "x" } }))).toEqual(["auth.password"]);
    expect(jsonOf(await change(id, { auth: LOGIN }))).toMatchObject({ hasSecret: true });
  });

  it.each([{ host: "thief.example.com" }, { port: 2525 }, { tls: "none" }])(
    "%j does not take the password along",
    async (place) => {
      const { id } = await made(SMTP);
      expect(fieldsOf(await change(id, place))).toEqual(["auth.password"]);
      const named = { ...place, auth: { username: "ann" } };
      expect(fieldsOf(await change(id, named))).toEqual(["auth.password"]);
      expect(jsonOf(await read(id))).toMatchObject({ host: SMTP.host, port: 587, tls: "starttls" });
      const given = { ...place, auth: { password: PASSWORD } };
      expect(jsonOf(await change(id, given))).toMatchObject(place);
      expect(passwordOf(id)).toBe(PASSWORD);
    },
  );

  it("moves a provider that has no login, or loses it, or stays where it is", async () => {
    const { auth: _auth, ...open } = SMTP;
    const { id } = await made(open);
    expect((await change(id, { host: "other.example.com" })).statusCode).toBe(200);
    const { id: second } = await made(SMTP);
    expect((await change(second, { host: SMTP.host, port: 587 })).statusCode).toBe(200);
    expect((await change(second, { host: "other.example.com", auth: null })).statusCode).toBe(200);
  });

  it("takes away what is null, and leaves what is absent", async () => {
    const timeouts = { connect: 1000, greeting: 1000, socket: 1000 };
    const { id } = await made({ ...SMTP, timeouts, from: "us@example.com", replyTo: "r@x.test" });
    const changed = jsonOf<object>(await change(id, { timeouts: null, replyTo: null }));
    expect(changed).toMatchObject({ from: "us@example.com" });
    expect(Object.keys(changed)).not.toContain("timeouts");
    expect(Object.keys(changed)).not.toContain("replyTo");
    expect(fieldsOf(await change(id, { host: null, name: null }))).toEqual(["name", "host"]);
  });

  it("gives a sandbox no server", async () => {
    const { id } = await made({ type: "sandbox", name: "Box" });
    expect(jsonOf(await change(id, { name: "Bin", concurrency: 3 }))).toEqual({
      id,
      type: "sandbox",
      name: "Bin",
      isSystem: false,
      concurrency: 3,
      hasSecret: false,
    });
    expect(fieldsOf(await change(id, { host: "h", from: "a@b.test" }))).toEqual(["host", "from"]);
  });
});

describe("a provider that a routing rule names", () => {
  it("is not deleted until the rule is gone", async () => {
    const { id } = await made(SMTP);
    await put("a", ruleFor(id));
    const refused = await remove(id);
    expect(refused.json()).toMatchObject({ status: 409, code: "in_use" });
    expect(jsonOf<{ detail: string }>(refused, 409).detail).toContain("the-rule");
    await put("a", ruleFor("another"));
    expect((await remove(id)).statusCode).toBe(204);
    expect((await read(id)).statusCode).toBe(404);
  });
});

describe("another tenant's provider", () => {
  it("is unknown", async () => {
    const { id } = await made(SMTP);
    const answers = [
      await read(id, "b"),
      await change(id, { name: "x" }, "b"),
      await remove(id, "b"),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
    expect((await world.get("b", PATH)).body).not.toContain(id);
  });
});

describe("a system-wide provider", () => {
  it("is not deleted while a tenant's rule names it, and the tenant has none of that id", async () => {
    const { id } = await made(SMTP, "platform");
    await put("a", ruleFor(id));
    const refused = jsonOf<{ detail: string }>(await remove(id, "platform"), 409);
    expect(refused.detail).toContain("the routing rule the-rule of a");
    await put("a", ruleFor("another"));
    expect((await remove(id, "platform")).statusCode).toBe(204);
  });

  it("is the platform's, and tenants see that it is there", async () => {
    const system = await made(SMTP, "platform");
    const { id } = system;
    expect(system).toMatchObject({ isSystem: true, host: SMTP.host, hasSecret: true });
    expect(passwordOf(id, "platform")).toBe(PASSWORD);
    const seen = { id, type: "smtp", name: "Ours", isSystem: true };
    expect(jsonOf(await read(id))).toEqual(seen);
    expect(jsonOf<{ items: View[] }>(await world.get("a", PATH)).items).toContainEqual(seen);
  });

  it("is not a tenant's to change or delete", async () => {
    const { id } = await made(SMTP, "platform");
    const answers = [await change(id, { name: "x" }), await remove(id)];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403]);
    expect((await change(id, { name: "x" }, "platform")).statusCode).toBe(200);
    expect((await remove(id, "platform")).statusCode).toBe(204);
    expect((await read(id)).statusCode).toBe(404);
  });

  it("is listed page by page among a tenant's own", async () => {
    const ids = [await made(SMTP, "b"), await made(SMTP, "platform"), await made(SMTP, "b")];
    const listed: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const next: string = cursor && `&cursor=${cursor}`;
      const page = await world.get("b", `${PATH}?limit=1${next}`);
      const found = jsonOf<{ items: View[]; nextCursor: string | null }>(page);
      listed.push(...found.items.map(({ id }) => id));
      cursor = found.nextCursor;
    }
    expect(listed.slice(0, 3)).toEqual(ids.map(({ id }) => id).toReversed());
    expect(new Set(listed).size).toBe(listed.length);
  });
});
