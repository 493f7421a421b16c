import { LogUnavailable } from "@waybill/runtime";
import type { Credential, Limits } from "@waybill/schemas";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { factOf, PASSWORD, RawClient, startTestIngress, type TestIngress } from "./testing.ts";

let ingress: TestIngress;
let open: RawClient[];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-21T15:30:00.000Z") });
  [ingress, open] = [await startTestIngress(), []];
});
afterEach(async () => {
  for (const one of open) one.close();
  await ingress.drain();
  vi.useRealTimers();
});

const limit = (limits: Partial<Limits>): void =>
  ingress.directory.apply(
    factOf("acme", "limits", "limits", { kind: "limits", id: "limits", ...limits }),
  );

function credential(id: string, more: Partial<Credential>): void {
  const found = ingress.directory.credential("acme-app");
  if (found === undefined) throw new Error("the tests have a credential");
  const entity: Credential = { ...found.entity, id, username: id, ...more };
  ingress.directory.apply(factOf("acme", "credential", id, entity));
}

async function client(): Promise<RawClient> {
  const one = await RawClient.greeted(ingress.port);
  open.push(one);
  return one;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function loggedIn(username: string): Promise<RawClient> {
  const one = await client();
  await one.say(`AUTH PLAIN ${base64(`\0${username}\0${PASSWORD}`)}`);
  return one;
}

const counted = (): Record<string, number> =>
  Object.fromEntries(
    [...ingress.counters.totals].map(([subject, total]) => [
      subject.split(".").slice(1, 3).join("."),
      total,
    ]),
  );

const MAIL = "MAIL FROM:<a@x.test>";
const RCPT = "RCPT TO:<b@y.test>";

describe("a tenant without limits", () => {
  it("is not counted", async () => {
    expect(await (await client()).mail("\r\n")).toMatch(/^250/);
    expect(counted()).toEqual({});
  });
});

describe("the quota of a month", () => {
  it("is refused at MAIL once it is used up, with when it begins again", async () => {
    limit({ monthly: 1 });
    const one = await client();
    expect(await one.mail("\r\n")).toMatch(/^250/);
    expect(await one.say(MAIL)).toBe(
      "452 4.3.1 your tenant may send 1 messages a month, it may again at 2026-12-01T00:00:00Z",
    );
    expect(counted()).toEqual({ "acme.tenant": 1 });
  });

  it("that is reached between MAIL and DATA is refused before the first byte", async () => {
    limit({ monthly: 1 });
    const [first, late] = [await client(), await client()];
    for (const command of [MAIL, RCPT]) await late.say(command);
    expect(await first.mail("\r\n")).toMatch(/^250/);
    expect(await late.say("DATA")).toMatch(/^452 4\.3\.1 /);
    expect(counted()).toEqual({ "acme.tenant": 1 });
    limit({ monthly: 2 });
    expect(await late.say("DATA")).toMatch(/^354/);
    expect(await late.say("\r\n.")).toMatch(/^250/);
  });

  it("that was raised or taken away holds from the next message on", async () => {
    limit({ monthly: 0 });
    const one = await client();
    expect(await one.say(MAIL)).toMatch(/^452/);
    limit({});
    expect(await one.mail("\r\n")).toMatch(/^250/);
  });
});

describe("an hour and a day", () => {
  it.each([
    ["hourly", "an hour", "2026-11-21T16:00:00Z"],
    ["daily", "a day", "2026-11-22T00:00:00Z"],
  ])("of a credential (%s) are its own, else the tenant's", async (window, per, resetsAt) => {
    limit({ perCredential: { [window]: 1 } });
    credential("plain", {});
    credential("more", { limits: { [window]: 2 } });
    const [plain, more] = [await loggedIn("plain"), await loggedIn("more")];
    for (const one of [plain, more]) expect(await one.mail("\r\n")).toMatch(/^250/);
    expect(await plain.say(MAIL)).toBe(
      `450 4.7.1 this credential may send 1 messages ${per}, it may again at ${resetsAt}`,
    );
    expect(await more.mail("\r\n")).toMatch(/^250/);
    expect(await more.say(MAIL)).toMatch(/^450 4\.7\.1 this credential may send 2 /);
    vi.setSystemTime(new Date(resetsAt));
    expect(await plain.mail("\r\n")).toMatch(/^250/);
  });

  it("of a user count all their credentials", async () => {
    limit({ perUser: { hourly: 1 } });
    for (const id of ["phone", "laptop"]) credential(id, { user: "ann" });
    expect(await (await loggedIn("phone")).mail("\r\n")).toMatch(/^250/);
    const refused = await (await loggedIn("laptop")).say(MAIL);
    expect(refused).toMatch(/^450 4\.7\.1 this user may send 1 messages an hour, /);
  });
});

describe("a message that is not accepted", () => {
  it("is given back when a rule refuses it", async () => {
    limit({ monthly: 1 });
    const one = await client();
    expect(await one.mail("Subject: a\r\n\r\nbare\nLF\r\n")).toMatch(/^550/);
    expect(counted()).toEqual({ "acme.tenant": 0 });
    expect(await one.mail("\r\n")).toMatch(/^250/);
  });

  it("is given back when its client leaves within it", async () => {
    limit({ monthly: 1 });
    const one = await client();
    for (const command of [MAIL, RCPT, "DATA"]) await one.say(command);
    expect(counted()).toEqual({ "acme.tenant": 1 });
    one.close();
    await vi.waitFor(() => expect(counted()).toEqual({ "acme.tenant": 0 }));
  });

  it("is given back when its client leaves before its first byte", async () => {
    limit({ monthly: 1, connections: 1 });
    const one = await client();
    const add = ingress.counters.add.bind(ingress.counters);
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    ingress.counters.add = async (...given) => {
      asked.resolve();
      await gone.promise;
      return add(...given);
    };
    for (const command of [MAIL, RCPT]) await one.say(command);
    one.send("DATA\r\n");
    await asked.promise;
    one.close();
    // The connection is the tenant's only one until the server has seen its end.
    await vi.waitUntil(async () => (await (await client()).say(MAIL)).startsWith("250"));
    gone.resolve();
    await vi.waitFor(() => expect(counted()).toEqual({ "acme.tenant": 0 }));
  });

  it("stays counted when nobody knows whether the log has it", async () => {
    limit({ monthly: 5 });
    ingress.events.fail = new LogUnavailable("a test");
    expect(await (await client()).mail("\r\n")).toMatch(/^451/);
    expect(counted()).toEqual({ "acme.tenant": 1 });
  });
});

it("counters that are away are a temporary failure where there are limits, and none where not", async () => {
  ingress.counters.fail = new LogUnavailable("a test");
  const one = await client();
  expect(await one.mail("\r\n")).toMatch(/^250/);
  limit({ monthly: 5 });
  expect(await one.say(MAIL)).toMatch(/^451 4\.3\.0 /);
  ingress.counters.fail = undefined;
  for (const command of [MAIL, RCPT]) await one.say(command);
  ingress.counters.fail = new LogUnavailable("a test");
  expect(await one.say("DATA")).toMatch(/^451 4\.3\.0 /);
});

it("recipients are as many as the tenant may name, and those before stay", async () => {
  limit({ recipients: 2 });
  const one = await client();
  await one.say(MAIL);
  for (const to of ["1", "2"]) expect(await one.say(`RCPT TO:<${to}@y.test>`)).toMatch(/^250/);
  expect(await one.say("RCPT TO:<3@y.test>")).toBe(
    "452 4.5.3 more than 2 recipients, send to the others apart",
  );
  await one.say("DATA");
  expect(await one.say("\r\n.")).toMatch(/^250/);
  expect(ingress.accepted()[0]?.envelope.recipients).toEqual(["1@y.test", "2@y.test"]);
});

describe("connections of a tenant at once", () => {
  const TOO_MANY = /^421 4\.3\.2 your tenant may hold 1 connections at once, /;

  it("are counted from AUTH to the end of the connection", async () => {
    limit({ connections: 1 });
    const auth = `AUTH PLAIN ${base64(`\0acme-app\0${PASSWORD}`)}`;
    const [first, second] = [await client(), await client()];
    expect(await first.say(auth)).toMatch(/^235/);
    expect(await second.say(auth)).toMatch(TOO_MANY);
    expect(await second.reply()).toBe("");
    first.close();
    await vi.waitUntil(async () => (await (await client()).say(auth)).startsWith("235"));
  });

  it("without AUTH are counted from MAIL on, once", async () => {
    limit({ connections: 1 });
    const [first, second] = [await client(), await client()];
    for (let at = 0; at < 2; at += 1) expect(await first.mail("\r\n")).toMatch(/^250/);
    expect(await second.say(MAIL)).toMatch(TOO_MANY);
    expect(await second.reply()).toBe("");
  });
});
