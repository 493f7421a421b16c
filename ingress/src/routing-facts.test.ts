import { afterAll, beforeAll, expect, it } from "vitest";
import { factOf, PASSWORD, RawClient, startTestIngress, type TestIngress } from "./testing.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await startTestIngress();
});
afterAll(() => ingress.drain());

const lastRouting = () => ingress.accepted().at(-1)?.routing;

it("mail tells its tags, and the fields that its tenant's rules ask for", async () => {
  const headers = [{ name: "X-Kind", equals: "invoice" }];
  const then = { type: "sandbox" } as const;
  const route = { kind: "route", id: "r", position: 0, when: { headers }, then } as const;
  ingress.directory.apply(factOf("acme", "route", "r", route));
  const client = await RawClient.greeted(ingress.port);
  const message = "X-Waybill-Tag: news\r\nX-Kind: Invoice\r\nX-Other: no\r\n\r\nhello\r\n";
  expect(await client.mail(message)).toMatch(/^250 /);
  expect(lastRouting()).toEqual({ tags: ["news"], fields: { "x-kind": "Invoice" } });
  ingress.directory.apply(factOf("acme", "route", "r"));
  expect(await client.mail(message)).toMatch(/^250 /);
  expect(lastRouting()).toEqual({ tags: ["news"], fields: {} });
  const [kept] = ingress.bodies.kept.values();
  expect(kept?.toString().toLowerCase()).not.toContain("x-waybill-tag");
  client.close();
});

it("mail of a credential for testing is marked, whatever the client says", async () => {
  const { hash = "" } = ingress.directory.credential("acme-app")?.entity ?? {};
  const credential = { kind: "credential", id: "test", username: "tester", hash } as const;
  const entity = { ...credential, test: true, user: "ann" };
  ingress.directory.apply(factOf("acme", "credential", "test", entity));
  const client = await RawClient.greeted(ingress.port);
  const plain = Buffer.from(`\0tester\0${PASSWORD}`).toString("base64");
  expect(await client.say(`AUTH PLAIN ${plain}`)).toMatch(/^235 /);
  expect(await client.mail("X-Waybill-Test: no\r\n\r\nhello\r\n")).toMatch(/^250 /);
  expect(lastRouting()).toMatchObject({ credential: "test", user: "ann", test: true });
  client.close();
});

it("a recipient outside the tenant's list is refused, and the others are not", async () => {
  const tenant = ingress.directory.tenant("acme");
  if (tenant === undefined) throw new Error("no tenant");
  const allowedRecipients = ["ann@y.test", "@ours.test"];
  ingress.directory.apply(factOf("acme", "tenant", "acme", { ...tenant, allowedRecipients }));
  const client = await RawClient.greeted(ingress.port);
  await client.say("MAIL FROM:<a@x.test>");
  expect(await client.say("RCPT TO:<bob@y.test>")).toBe(
    "550 5.7.1 this tenant's mail may not go to that recipient",
  );
  expect(await client.say("RCPT TO:<Ann@Y.test>")).toMatch(/^250 /);
  expect(await client.say("RCPT TO:<x@ours.test>")).toMatch(/^250 /);
  await client.say("DATA");
  client.send("Subject: s\r\n\r\nhello\r\n");
  expect(await client.say(".")).toMatch(/^250 /);
  expect(ingress.accepted().at(-1)?.envelope.recipients).toEqual(["Ann@Y.test", "x@ours.test"]);
  client.close();
});
