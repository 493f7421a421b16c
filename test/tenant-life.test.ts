import { afterAll, beforeAll, expect, test } from "vitest";
import type { ActivityView } from "@waybill/schemas";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { HERE, LOGIN, settingsOf } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";
import { Caller } from "./src/tenant/caller.ts";
import { delivered } from "./src/tenant/delivered.ts";
import { doorAnswers, doorKnows } from "./src/tenant/door.ts";
import { factsOf, rulesAt } from "./src/tenant/history.ts";
import { authenticate, handIn, type Login } from "./src/tenant/hand-in.ts";

type Tokens = { accessToken: string; refreshToken: string; tenant: string; role: string };
type Made = { id: string; password: string };
type Limits = { items: { used: number; remaining: number }[] };

const FROM = "app@acme.example";
const EMAIL = "ann@acme.example";
let relay: Relay;
let sink: Sink;
let nobody: Caller;
let platform: Caller;
let owner: Caller;
let key: Caller;
let ann: Made;
let session: Tokens;
let login: Login;
let provider: string;
let rule: string;

beforeAll(async () => {
  sink = await startSink({ keep: "raw", auth: { user: LOGIN.username, pass: LOGIN.password } });
  relay = await (await makeRelay({ env: HERE })).start();
  nobody = new Caller(relay);
});
afterAll(async () => {
  await relay.discard();
  await sink.stop();
});

const logIn = (email: string, password: string): Promise<Tokens> =>
  nobody.want<Tokens>(200, "POST", "/auth/login", { email, password });

test("the first administrator makes the tenant, and its owner, who logs in and goes on", async () => {
  const { email, password } = relay.credentials.admin;
  const admin = await logIn(email, password);
  expect(admin).toMatchObject({ tenant: "platform", role: "platform" });
  platform = new Caller(relay, admin.accessToken);
  await platform.want(201, "POST", "/tenants", { id: "acme", name: "Acme" });
  const member = { email: EMAIL, role: "owner" };
  ann = await platform.want<Made>(201, "POST", "/tenants/acme/members", member);
  expect(await platform.want(200, "GET", `/tenants/acme/members/${ann.id}`)).not.toHaveProperty(
    "password",
  );
  const { refreshToken } = await logIn(EMAIL, ann.password);
  session = await nobody.want<Tokens>(200, "POST", "/auth/refresh", { refreshToken });
  expect(session).toMatchObject({ tenant: "acme", role: "owner" });
  owner = new Caller(relay, session.accessToken);
});

test("mail from a domain that is not verified is refused until the platform says otherwise", async () => {
  const body = { name: "ci", scopes: ["read", "admin"] };
  const made = await owner.want<{ key: string }>(201, "POST", "/api-keys", body);
  key = new Caller(relay, made.key);
  login = await doorKnows(relay, owner);
  expect(await handIn(relay, login, FROM)).toMatch(/^550 5\.7\.1 .*acme\.example/);
  await key.want(403, "PATCH", "/tenants/acme", { enforceSenderDomains: false });
  await platform.want(200, "PATCH", "/tenants/acme", { enforceSenderDomains: false });
});

test("its provider carries mail by a rule, and three places tell of the same route", async () => {
  const settings = settingsOf(sink);
  const check = { type: "smtp", ...settings };
  expect(await owner.want(200, "POST", "/providers/test", check)).toMatchObject({ success: true });
  const body = { type: "smtp", name: "Sink", ...settings };
  ({ id: provider } = await owner.want<Made>(201, "POST", "/providers", body));
  const news = {
    name: "News",
    when: { tags: ["news"] },
    then: { type: "providers", providers: [provider] },
  };
  ({ id: rule } = await owner.want<Made>(201, "POST", "/routing-rules", news));
  const mail = { from: FROM, recipients: ["ann@example.com"], tags: ["news"] };
  const way = { rule, provider: { id: provider }, owner: "tenant", why: "rule News: tags" };
  expect(await owner.want(200, "POST", "/routing/explain", mail)).toMatchObject({ items: [way] });

  await doorKnows(relay, owner);
  const { timeline } = await delivered(relay, key, login, FROM, "news");
  expect(timeline.at(-1)?.route).toMatchObject({ rule, because: way.why, owner: "tenant" });
  expect(sink.raws.at(-1)?.recipients).toEqual(["ann@example.com"]);
});

test("a limit of the platform refuses the third mail, and says what was used", async () => {
  expect(await owner.refusal("PATCH", "/tenants/acme/limits", { monthly: 2 })).toBe(
    "403 forbidden",
  );
  await platform.want(200, "PATCH", "/tenants/acme/limits", { monthly: 2 });
  await doorKnows(relay, owner);
  for (let mail = 1; mail <= 2; mail += 1)
    expect(await handIn(relay, login, FROM, "news")).toMatch(/^250 /);
  expect(await handIn(relay, login, FROM, "news")).toMatch(/^452 4\.3\.1 /);
  const { items } = await owner.want<Limits>(200, "GET", "/limits");
  expect(items).toMatchObject([{ window: "month", limit: 2, used: 2, remaining: 0 }]);
  await platform.want(200, "PATCH", "/tenants/acme/limits", { monthly: null });
  await doorKnows(relay, owner);
});

test("a viewer reads, and writes nothing", async () => {
  const member = { email: "vic@acme.example", role: "viewer" };
  const { password } = await owner.want<Made>(201, "POST", "/tenants/acme/members", member);
  const viewer = new Caller(relay, (await logIn(member.email, password)).accessToken);
  await viewer.want(200, "GET", "/messages");
  expect(await viewer.refusal("POST", "/api-keys", { name: "mine" })).toBe("403 forbidden");
  expect(await viewer.refusal("DELETE", `/providers/${provider}`)).toBe("403 forbidden");
});

test("the activity says who did what, and before the rule there was none", async () => {
  const [made] = await until("the activity", async () => {
    const path = `/activity?kind=route&id=${rule}`;
    const { items } = await owner.want<{ items: ActivityView[] }>(200, "GET", path);
    return items.length > 0 && items;
  });
  expect(made).toMatchObject({ actor: `user:${ann.id}`, action: "made", after: { name: "News" } });
  const time = Date.parse(made?.time ?? "");
  expect(await rulesAt(owner, time - 1)).toEqual([]);
  expect(await rulesAt(owner, time)).toMatchObject([{ id: rule }]);
});

test("a revoked credential ends its open session at the next MAIL", async () => {
  const gone = await doorKnows(relay, owner);
  const { session: open } = await authenticate(relay, gone);
  expect((await open.ask(`MAIL FROM:<${FROM}>`)).code).toBe(250);
  await open.ask("RSET");
  await owner.want(204, "DELETE", `/smtp-credentials/${gone.id}`);
  await until("the refusal", async () => {
    const { code } = await open.ask(`MAIL FROM:<${FROM}>`);
    if (code === 250) await open.ask("RSET");
    return code === 535;
  });
  await open.close();
});

test("after a restart logins, keys and rules are as they were", async () => {
  expect(await relay.stop()).toBe(0);
  await relay.start();
  expect(await owner.want(200, "GET", "/auth/me")).toMatchObject({ tenant: "acme" });
  expect(await key.want(200, "GET", `/routing-rules/${rule}`)).toMatchObject({ name: "News" });
  const { refreshToken } = session;
  await nobody.want(200, "POST", "/auth/refresh", { refreshToken });
  await logIn(EMAIL, ann.password);
  const before = sink.received;
  expect(await handIn(relay, login, FROM, "news")).toMatch(/^250 /);
  await until("the mail at the sink", () => sink.received > before);
});

test("a provider is deleted once no rule names it", async () => {
  const { body } = await owner.ask<object>("DELETE", `/providers/${provider}`);
  expect(body).toMatchObject({
    status: 409,
    code: "in_use",
    detail: expect.stringContaining(rule),
  });
  await owner.want(204, "DELETE", `/routing-rules/${rule}`);
  await owner.want(204, "DELETE", `/providers/${provider}`);
  expect(await owner.refusal("GET", `/providers/${provider}`)).toBe("404 not_found");
});

test("a deleted tenant opens nothing, its id is nobody's again, and the log alone keeps its story", async () => {
  const before = await factsOf(relay, "acme");
  await platform.want(204, "DELETE", "/tenants/acme");
  expect(await factsOf(relay, "acme")).toBe(before + 1);
  expect(await key.refusal("GET", "/messages")).toBe("401 unauthenticated");
  expect(await owner.refusal("GET", "/auth/me")).toBe("401 unauthenticated");
  const { password } = ann;
  expect(await nobody.refusal("POST", "/auth/login", { email: EMAIL, password })).toBe(
    "403 forbidden",
  );
  await doorAnswers(relay, login, 535);
  expect(await platform.refusal("GET", "/tenants/acme/members")).toBe("404 not_found");
  expect(await platform.refusal("POST", "/auth/switch-tenant", { tenant: "acme" })).toBe(
    "403 forbidden",
  );
  const again = { id: "acme", name: "Acme" };
  expect(await platform.refusal("POST", "/tenants", again)).toBe("409 conflict");
});
