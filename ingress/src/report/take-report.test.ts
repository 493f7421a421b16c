import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogUnavailable, newMessageId } from "@waybill/runtime";
import type { MessageAccepted } from "@waybill/schemas";
import { factOf, RawClient, startTestIngress, type TestIngress } from "../testing.ts";

const ID = newMessageId();
const DOMAIN = "bounce.acme.test";
const sample = (name: string): string =>
  readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8").replaceAll("\n", "\r\n");

const accepted: MessageAccepted = {
  type: "accepted",
  messageId: ID,
  tenant: "acme",
  time: "2026-01-01T00:00:00.000Z",
  traceId: "7".repeat(32),
  attempt: 1,
  rung: 0,
  envelope: { from: "app@acme.test", recipients: ["bob@y.test", "Ann@Y.test"], utf8: false },
  body: { store: "jetstream", chunks: [1], size: 1, sha256: "" },
  routing: { tags: [], fields: {} },
  submission: { protocol: "smtp", address: "127.0.0.1", helo: "x", tls: false },
  header: { from: "", subject: "", messageId: "" },
};

let ingress: TestIngress;
let client: RawClient;

/** A relay that acme's mail comes back to; it holds one message of acme's. */
async function start(trusted: string) {
  ingress = await startTestIngress({ WAYBILL_TRUSTED_NETWORKS: trusted });
  const tenant = ingress.directory.tenant("acme");
  const entity = tenant === undefined ? null : { ...tenant, returnPath: DOMAIN };
  ingress.directory.apply(factOf("acme", "tenant", "acme", entity));
  await ingress.events.append(accepted);
  client = await RawClient.greeted(ingress.port);
}

const pathOf = (tenant = "acme", id = ID) =>
  `${ingress.reports.paths.make(tenant, id, "Ann@Y.test")}@${DOMAIN}`;
const told = () => ingress.events.events.slice(1);

async function bring(mail: string, to = pathOf(), from = ""): Promise<string> {
  expect(await client.say(`MAIL FROM:<${from}>`)).toMatch(/^250/);
  expect(await client.say(`RCPT TO:<${to}>`)).toMatch(/^250/);
  await client.say("DATA");
  client.send(mail);
  return client.say(".");
}

beforeEach(() => start(""));
afterEach(async () => {
  client.close();
  await ingress.drain();
});

test("a stranger's report becomes a fact on the recipient it is about, and nothing is relayed", async () => {
  expect(await bring(sample("postfix.eml"))).toMatch(/^250 2\.0\.0/);
  expect(told()).toEqual([
    expect.objectContaining({
      type: "bounced",
      tenant: "acme",
      messageId: ID,
      traceId: accepted.traceId,
      recipient: "Ann@Y.test",
      isHard: true,
      category: "invalid_recipient",
      enhanced: "5.1.1",
    }),
  ]);
  expect(told()[0]).toMatchObject({ origin: { source: "dsn" } });
});

test("the same report again is the same fact; in capitals, with a sender and by another hop too", async () => {
  await bring(sample("postfix.eml"));
  await bring(
    `Received: by another\r\n${sample("postfix.eml")}`,
    pathOf().toUpperCase(),
    "a@y.test",
  );
  expect(told()).toHaveLength(1);
});

test("a report is one fact however often it comes, under other names and in other words, and another one is another", async () => {
  const mail = sample("postfix.eml");
  for (let at = 0; at < 5; at += 1)
    await bring(
      mail
        .replace(/^Message-ID: .*$/im, `Message-ID: <${at}@y.test>`)
        .replaceAll("said:", `said ${at}:`),
    );
  expect(told()).toHaveLength(1);
  await bring(mail, `${ingress.reports.paths.make("acme", ID, "bob@y.test")}@${DOMAIN}`);
  await bring(sample("postfix-delayed.eml"));
  expect(told().map(({ type }) => type)).toEqual(["bounced", "bounced", "deferred"]);
});

test("a delay, a complaint and a wish become their facts", async () => {
  await bring(sample("postfix-delayed.eml"));
  await bring(sample("abuse.eml"));
  await bring(sample("abuse.eml").replace("Type: abuse", "Type: opt-out"));
  expect(told().map(({ type }) => type)).toEqual(["deferred", "complained", "unsubscribed"]);
  expect(told()[1]).toMatchObject({ feedbackType: "abuse", origin: { source: "arf" } });
});

test("what is no report, or on a mail that the log holds no more, is taken and dropped", async () => {
  expect(await bring(sample("away.eml"))).toMatch(/^250/);
  expect(await bring(sample("postfix.eml"), pathOf("acme", newMessageId()))).toMatch(/^250/);
  expect(told()).toEqual([]);
});

test("of a large report the head is read, and one larger than any mail is refused", async () => {
  const filler = `${"x".repeat(76)}\r\n`.repeat(20_000);
  expect(await bring(sample("postfix.eml") + filler)).toMatch(/^250/);
  expect(told()).toHaveLength(1);
  expect(await bring(filler.repeat(20))).toMatch(/^552 5\.3\.4/);
});

test("a report that could not be recorded is to come again", async () => {
  ingress.events.fail = new LogUnavailable("away");
  expect(await bring(sample("postfix.eml"))).toMatch(/^451 4\.3\.0/);
  ingress.events.fail = undefined;
  expect(await bring(sample("postfix.eml"))).toMatch(/^250/);
  expect(told()).toHaveLength(1);
});

test("a stranger comes to a return path of ours alone", async () => {
  await client.say("MAIL FROM:<>");
  const refusal = async (to: string) => (await client.say(`RCPT TO:<${to}>`)).slice(0, 9);
  const [local = ""] = pathOf().split("@");
  expect(await refusal(`${local.slice(0, -1)}${local.endsWith("0") ? 1 : 0}@${DOMAIN}`)).toBe(
    "550 5.7.1",
  );
  expect(await refusal(pathOf("globex"))).toBe("550 5.7.1");
  expect(await refusal(`postmaster@${DOMAIN}`)).toBe("550 5.7.1");
  expect(await refusal(`${local}@elsewhere.test`)).toBe("530 5.7.0");
  expect(await refusal("ann@y.test")).toBe("530 5.7.0");
  expect(await client.say("DATA")).toMatch(/^503/);
});

test("a return path takes a transaction of its own", async () => {
  await client.say("MAIL FROM:<>");
  await client.say(`RCPT TO:<${pathOf()}>`);
  expect(await client.say(`RCPT TO:<${pathOf()}>`)).toMatch(/^452 4\.5\.3/);
});

test("where no mail comes back to us, a stranger is turned away at MAIL", async () => {
  ingress.directory.apply(factOf("acme", "tenant", "acme"));
  expect(await client.say("MAIL FROM:<>")).toMatch(/^530 5\.7\.0/);
});

test("a report of a client that may submit is a report too, and its other mail is mail", async () => {
  client.close();
  await ingress.drain();
  await start("127.0.0.0/8=acme");
  expect(await bring(sample("postfix.eml"))).toMatch(/^250 2\.0\.0 Ok: the report/);
  expect(await bring("S: x\r\n\r\nhello\r\n", `postmaster@${DOMAIN}`)).toMatch(/queued as/);
  expect(told().map(({ type }) => type)).toEqual(["bounced", "accepted"]);
  await client.say("MAIL FROM:<>");
  await client.say("RCPT TO:<ann@y.test>");
  expect(await client.say(`RCPT TO:<${pathOf()}>`)).toMatch(/^452/);
});
