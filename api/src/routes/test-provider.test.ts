import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerQuestions } from "@waybill/runtime";
import { PLATFORM, type Provider, type SmtpProvider, type SmtpSettings } from "@waybill/schemas";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startSmtpServer, type TestSmtpServer } from "../testing/smtp-server.ts";
import { put, putKey, startWorld, type World } from "../testing/world.ts";

const NAMES: Record<string, string> = {
  "mail.test": "127.0.0.1",
  "mapped.test": "::ffff:10.0.0.1",
  "metadata.test": "169.254.169.254",
};
const lookup = async (name: string) => [NAMES[name] ?? ""].filter(Boolean);
const NOT_REACHED = {
  success: false,
  code: "unreachable",
  message: "the host cannot be reached or is not allowed",
};
const GOOD = { success: true, message: "the server answers and accepts the login" };

type Tried = { owner: string; provider: Provider };

let world: World;
let server: TestSmtpServer;
let now = Date.parse("2026-01-01T00:00:00Z");

beforeAll(async () => {
  server = await startSmtpServer({ username: "u", password: "a secret" });
  world = await startWorld({ now: () => new Date(now), allow: ["127.0.0.1/32"], lookup });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

beforeEach(() => {
  now += 60_000;
});

const bodyOf = (host: string, password = "a secret") => ({
  type: "smtp",
  host,
  port: server.port,
  tls: "none",
  verify: true,
  auth: { username: "u", password },
});

const ask = (payload: object, tenant = "a", url = "/api/v1/providers/test") =>
  world.as(tenant, { method: "POST", url, payload });

const smtpOf = async (password: string, tenant = "a"): Promise<SmtpSettings> => ({
  host: "mail.test",
  port: server.port,
  tls: "none",
  verify: true,
  auth: {
    method: "PLAIN",
    username: "u",
    sealedPassword: await world.deps.vault.seal(tenant, password),
  },
});

async function save(tenant: string, id: string, smtp: SmtpSettings): Promise<void> {
  const entity: SmtpProvider = {
    kind: "provider",
    type: "smtp",
    id,
    name: id,
    concurrency: 1,
    smtp,
  };
  await world.deps.directory.reached(await put(world.deps.nats, tenant, entity));
}

const askSaved = (id: string, tenant = "a") => ask({}, tenant, `/api/v1/providers/${id}/test`);

describe("before it is saved", () => {
  test("a server that takes the login is good", async () => {
    expect(jsonOf(await ask(bodyOf("mail.test")))).toEqual(GOOD);
  });

  test("a login that is refused is told in the server's words, without the password", async () => {
    const answer = await ask(bodyOf("mail.test", "wrong word"));
    const message = "the server refused the login: 535 5.7.8 no such login";
    expect(jsonOf(answer)).toEqual({ success: false, code: "auth", message });
    expect(answer.body).not.toContain("wrong word");
  });

  test.each([
    "127.0.0.2",
    "::1",
    "::ffff:10.0.0.1",
    "169.254.169.254",
    "mapped.test",
    "metadata.test",
    "nowhere.test",
  ])("%s is not reached, in the same words as all others", async (host) => {
    expect(jsonOf(await ask(bodyOf(host)))).toEqual(NOT_REACHED);
  });

  test.each(["127.2", "[::1]", "0xa9fea9fe"])(
    "%s is no host, as when it is saved",
    async (host) => {
      const { errors } = jsonOf<{ errors: object[] }>(await ask(bodyOf(host)), 422);
      expect(errors).toMatchObject([{ field: "host" }]);
    },
  );

  test("a closed port of an allowed host reads the same", async () => {
    expect(jsonOf(await ask({ ...bodyOf("mail.test"), port: 1 }))).toEqual(NOT_REACHED);
  });

  test("every field that breaks a rule is named", async () => {
    const answer = await ask({
      type: "smtp",
      host: "a b",
      port: 0,
      tls: "maybe",
      verify: "no",
      colour: 1,
    });
    const { errors } = jsonOf<{ errors: { field: string }[] }>(answer, 422);
    const fields = errors.map(({ field }) => field).toSorted();
    expect(fields).toEqual(["colour", "host", "port", "tls", "verify"]);
  });

  test("it takes config:write", async () => {
    const { deps } = world;
    const key = "wb_live_reader_a-secret";
    await deps.directory.reached(await putKey(deps.nats, "a", "reader", key, { scopes: ["read"] }));
    const url = "/api/v1/providers/test";
    const headers = { authorization: `Bearer ${key}` };
    const request = { method: "POST", url, headers, payload: bodyOf("mail.test") } as const;
    expect((await world.as("a", request)).statusCode).toBe(403);
  });
});

describe("a service over HTTP", () => {
  const service = { type: "sendgrid", secret: "k" };

  test("is tried by the stage that sends with it; without one nobody can say", async () => {
    expect((await ask(service)).statusCode).toBe(503);
    const asked: Tried[] = [];
    const deaf = answerQuestions<Tried>(world.deps.nats, "verify-provider", async (tried) => {
      asked.push(tried);
      return { success: false, code: "auth", message: "no" };
    });
    const answer = jsonOf(await ask(service));
    deaf();
    expect(answer).toEqual({ success: false, code: "auth", message: "no" });
    expect(asked).toMatchObject([{ owner: "a", provider: { type: "sendgrid", lane: "http" } }]);
    expect(JSON.stringify(asked)).not.toContain('"k"');
  });
});

describe("as it is saved", () => {
  test("its password is opened", async () => {
    await save("a", "good", await smtpOf("a secret"));
    expect(jsonOf(await askSaved("good"))).toEqual(GOOD);
  });

  test("a password sealed under another key is to be set again", async () => {
    const auth = { method: "PLAIN", username: "u", sealedPassword: "v1.other.x.y" } as const;
    await save("a", "sealed", { ...(await smtpOf("")), auth });
    expect(jsonOf(await askSaved("sealed"))).toMatchObject({ success: false, code: "auth" });
  });

  test("another tenant's, and a system-wide one, are unknown", async () => {
    await save("a", "mine", await smtpOf("a secret"));
    await save(PLATFORM, "system", await smtpOf("a secret", PLATFORM));
    expect((await askSaved("mine", "b")).statusCode).toBe(404);
    expect((await askSaved("system")).statusCode).toBe(404);
  });
});

const tokenLogin = async (tokenUrl: string) => ({
  ...(await smtpOf("")),
  auth: {
    method: "XOAUTH2",
    username: "u",
    grant: "client_credentials",
    tokenUrl,
    clientId: "c",
    sealedClientSecret: await world.deps.vault.seal("a", "s3cret"),
  } as const,
});
const tokens = async (status: number, said: object) => {
  const endpoint = createServer((_, response) =>
    response.writeHead(status).end(JSON.stringify(said)),
  );
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  onTestFinished(() => void endpoint.close());
  return `http://mail.test:${(endpoint.address() as AddressInfo).port}/token`;
};

describe("a login by token, as it is saved", () => {
  test("it is tried with a token", async () => {
    await using own = await startSmtpServer({ username: "u", password: "good-token" });
    const loginWith = async (token: string) => ({
      ...(await tokenLogin(await tokens(200, { access_token: token }))),
      port: own.port,
    });
    await save("a", "token", await loginWith("good-token"));
    expect(jsonOf(await askSaved("token"))).toEqual(GOOD);
    await save("a", "token", await loginWith("stale-token"));
    const refused = await askSaved("token");
    expect(jsonOf(refused)).toMatchObject({ success: false, code: "auth" });
    expect(refused.body).not.toContain("stale-token");
  });

  test("it is tried before it is saved", async () => {
    await using own = await startSmtpServer({ username: "u", password: "good-token" });
    const { auth: _auth, ...place } = bodyOf("mail.test");
    const tokenUrl = await tokens(200, { access_token: "good-token" });
    const grant = { grant: "client_credentials", clientId: "c", clientSecret: "s" };
    const auth = { method: "XOAUTH2", username: "u", tokenUrl, ...grant };
    expect(jsonOf(await ask({ ...place, port: own.port, auth }))).toEqual(GOOD);
  });

  test("without a token, why there is none is told, and no secret", async () => {
    const error = { error: "invalid_client", error_description: "not s3cret" };
    await save("a", "token", await tokenLogin(await tokens(401, error)));
    const message = "the token endpoint answers 401 invalid_client: not ***";
    expect(jsonOf(await askSaved("token"))).toEqual({ success: false, code: "auth", message });
    const said: string[] = [];
    for (const url of ["http://127.0.0.2/token", "http://mail.test:1/token"]) {
      await save("a", "token", await tokenLogin(url));
      const answer = await askSaved("token");
      expect(jsonOf(answer)).toMatchObject({ success: false, code: "unreachable" });
      said.push(answer.body);
    }
    expect(new Set(said).size).toBe(1);
  });
});

describe("a system-wide one", () => {
  test("is tested by the platform's administrators, wherever it is", async () => {
    const inside = "127.0.0.3";
    await using own = await startSmtpServer({ username: "u", password: "a secret" }, inside);
    const inOwn = { host: inside, port: own.port };
    await save(PLATFORM, "inside", { ...(await smtpOf("a secret", PLATFORM)), ...inOwn });
    await save("a", "inside-of-a", { ...(await smtpOf("a secret")), ...inOwn });
    expect(jsonOf(await askSaved("inside", PLATFORM))).toEqual(GOOD);
    expect(jsonOf(await askSaved("inside-of-a"))).toEqual(NOT_REACHED);
  });
});

describe("too many", () => {
  test("are not made of ids that nothing has", async () => {
    for (let at = 0; at < 11; at += 1) expect((await askSaved("nobody")).statusCode).toBe(404);
  });

  test("are refused per tenant, those that were refused counted, until the window is over", async () => {
    const first = await ask({ nonsense: true });
    expect(first.headers).toMatchObject({
      "ratelimit-policy": '"provider-tests";q=10;w=60',
      ratelimit: '"provider-tests";r=9;t=60',
    });
    for (let at = 0; at < 9; at += 1) await ask(bodyOf("169.254.169.254"));
    now += 20_000;
    const answer = await ask(bodyOf("mail.test"));
    expect(jsonOf(answer, 429)).toMatchObject({ code: "rate_limited" });
    expect(answer.headers).toMatchObject({
      "retry-after": "40",
      "ratelimit-policy": '"provider-tests";q=10;w=60',
      ratelimit: '"provider-tests";r=0;t=40',
    });
    expect(jsonOf(await ask(bodyOf("mail.test"), "b"))).toEqual(GOOD);
    now += 40_000;
    expect(jsonOf(await ask(bodyOf("mail.test")))).toEqual(GOOD);
  });
});
