import type { Domain, Tenant } from "@waybill/schemas";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { factOf, RawClient, startTestIngress, type TestIngress } from "./testing.ts";

const now = "2026-01-01T00:00:00.000Z";
let ingress: TestIngress;
let client: RawClient;

function hold(tenant: string, enforceSenderDomains: boolean): void {
  const known = ingress.directory.tenant(tenant) as Tenant;
  const entity = { ...known, enforceSenderDomains };
  ingress.directory.apply(factOf(tenant, "tenant", tenant, entity));
}

function declare(tenant: string, id: string, verified: object = { verifiedAt: now }): void {
  const domain: Domain = { kind: "domain", id, token: "t", createdAt: now, ...verified };
  ingress.directory.apply(factOf(tenant, "domain", id, domain));
}

beforeEach(async () => {
  ingress = await startTestIngress();
  hold("acme", true);
  declare("acme", "x.test");
  declare("acme", "xn--bcher-kva.test");
  declare("acme", "declared.test", {});
  declare("globex", "other.test");
  client = await RawClient.greeted(ingress.port);
});
afterEach(async () => {
  client.close();
  await ingress.drain();
});

const foreign = (field: string, domain: string): string =>
  `550 5.7.1 ${field} has an address at ${domain}, which is not a verified domain of yours`;
const unclear = (field: string): string =>
  `550 5.7.1 the message needs one ${field} field, with addresses by the grammar (RFC 5322 3.4)`;

describe("MAIL FROM of a tenant that is held to its domains", () => {
  it.each(["<a@x.test>", "<a@X.TEST>", "<a@mail.x.test>", "<>", "<a@bücher.test> SMTPUTF8"])(
    "may be %s",
    async (path) => {
      expect(await client.say(`MAIL FROM:${path}`)).toMatch(/^250/);
    },
  );

  it.each([
    ["<a@declared.test>", "declared.test"],
    ["<a@other.test>", "other.test"],
    ["<a@notx.test>", "notx.test"],
    ["<a@x.test.evil.test>", "x.test.evil.test"],
    ["<a@[192.0.2.1]>", "[192.0.2.1]"],
    ["<a@localhost>", "localhost"],
    ['<"b@x.test"@evil.test>', "evil.test"],
    ["<@x.test:a@evil.test>", "evil.test"],
    ["<a@\u0445.test> SMTPUTF8", "xn--u1a.test"],
  ])("may not be %s", async (path, domain) => {
    expect(await client.say(`MAIL FROM:${path}`)).toBe(foreign("MAIL FROM", domain));
    expect(await client.say("RCPT TO:<b@y.test>")).toMatch(/^503/);
  });

  it("is judged as of now", async () => {
    ingress.directory.apply(factOf("acme", "domain", "x.test"));
    expect(await client.say("MAIL FROM:<a@x.test>")).toMatch(/^550 5\.7\.1/);
    declare("acme", "x.test");
    expect(await client.say("MAIL FROM:<a@x.test>")).toMatch(/^250/);
  });
});

describe("a message of a tenant that is held to its domains", () => {
  it.each([
    "From: a@x.test",
    "From : a@x.test",
    "FROM: Ann <a@MAIL.x.test>",
    "From: a@x.test,\r\n b@bücher.test",
    'From: "a@evil.test" <b@x.test>',
    "From: Team: a@x.test, b@x.test;",
    "From: (a@evil.test) a@x.test\r\nSender: b@x.test",
  ])("is taken with %j", async (fields) => {
    expect(await client.mail(`${fields}\r\n\r\nbody\r\n`)).toMatch(/^250/);
  });

  it.each([
    ["From: a@evil.test", foreign("From", "evil.test")],
    ["From: a@x.test, b@evil.test", foreign("From", "evil.test")],
    ["From: Ann\r\n <a@\r\n evil.test>", foreign("From", "evil.test")],
    ["From: Team: a@x.test, b@evil.test;", foreign("From", "evil.test")],
    ["From: a@\u0445.test", foreign("From", "xn--u1a.test")],
    ["From: a@[192.0.2.1]", foreign("From", "[192.0.2.1]")],
    [`From: a@${"\u00E9".repeat(99)}..test`, foreign("From", "?".repeat(60))],
    ["From: a@x.test\r\nSender: b@evil.test", foreign("Sender", "evil.test")],
    ["From: a@x.test\r\nSender: b@x.test\r\nSender: b@x.test", unclear("Sender")],
    ["From: a@x.test\r\nSender:", unclear("Sender")],
    ["From: a@evil.test <b@x.test>", unclear("From")],
    ["From: a@x.test\r\nFrom: a@evil.test", unclear("From")],
    ["From: a@x.test\r\nfrom : a@x.test", unclear("From")],
    ["Subject: no author", unclear("From")],
    ["Sender: a@x.test", unclear("From")],
    ["From: Nobody:;", unclear("From")],
    ["From:", unclear("From")],
  ])("is refused with %j", async (fields, answer) => {
    expect(await client.mail(`${fields}\r\n\r\nbody\r\n`)).toBe(answer);
    expect(ingress.accepted()).toEqual([]);
    expect(await client.mail("From: a@x.test\r\n\r\nbody\r\n")).toMatch(/^250/);
  });

  it("is refused when its From is neither ASCII nor UTF-8, or it has no header", async () => {
    const latin1 = Buffer.from("From: \xe9 <a@x.test>\r\n\r\nbody\r\n", "latin1");
    expect(await client.mail(latin1)).toBe(unclear("From"));
    expect(await client.mail("body\r\n")).toBe(unclear("From"));
  });

  it("is held to them by the null sender too", async () => {
    await client.say("MAIL FROM:<>");
    await client.say("RCPT TO:<b@y.test>");
    await client.say("DATA");
    expect(await client.say("From: a@evil.test\r\n\r\n.")).toBe(foreign("From", "evil.test"));
  });
});

it("a tenant that is not held to its domains sends from any, and without From", async () => {
  hold("acme", false);
  expect(await client.mail("From: a@evil.test\r\nFrom: b\r\n\r\n")).toMatch(/^250/);
  expect(await client.mail("body\r\n")).toMatch(/^250/);
});
