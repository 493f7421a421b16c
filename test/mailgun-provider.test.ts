import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { Service } from "@waybill/actors";
import { mailgunProvider } from "@waybill/actors/services";
import type { MailgunProvider } from "@waybill/schemas";
import { attemptOf, providerContract, reach } from "./src/esp/contract.ts";
import { type Emulator, type Fault, startEmulator } from "./src/esp/emulator.ts";
import { Mailgun, MAILGUN_ERRORS } from "./src/esp/mailgun.ts";

const DOMAIN = "mg.example.com";
const ID = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
const KEY = "k3y-of-the-account";

let mailgun: Mailgun;
let service: Emulator;
let provider: Service;

const unseal = (sealed: string) => sealed.replace("sealed", KEY);

const settings: MailgunProvider = {
  kind: "provider",
  type: "mailgun",
  id: "m",
  name: "Mailgun",
  concurrency: 2,
  domain: DOMAIN,
  sealedSecret: "sealed",
};

function open(change: Partial<MailgunProvider> = {}, isExempt = true): Service {
  const changed = { ...settings, baseUrl: service.url, ...change };
  return mailgunProvider(changed, unseal, { ...reach, isExempt });
}

providerContract("mailgun", {
  open: (baseUrl, over) => mailgunProvider({ ...settings, baseUrl }, unseal, over),
  serve: () => {
    const account = new Mailgun({ domain: DOMAIN, key: KEY });
    return { handle: account.handle, taken: () => account.mails.length };
  },
  secrets: [KEY, Buffer.from(`api:${KEY}`).toString("base64")],
});

beforeEach(async () => {
  mailgun = new Mailgun({ domain: DOMAIN, key: KEY });
  service = await startEmulator(mailgun.handle);
  provider = open();
});
afterEach(async () => {
  provider.close();
  await service.close();
});

const latin = (text: string) => Buffer.from(text, "latin1");
const RAW = latin(
  "From: <a@mg.example.com>\r\nTo: shown@else.test\r\nMessage-ID: <m1@here.test>\r\n" +
    "X-Mailgun-like: kept\r\n\r\nline\r\n..dots\r\n.\r\nbytes \xe9\xff\r\n",
);

const send = (recipients: string[], raw = RAW) => provider.send(attemptOf(raw, { recipients }));
const classes = async (recipients: string[]) => (await send(recipients)).map((one) => one.class);

describe("what goes out", () => {
  it("is the message byte by byte, for the envelope and not the header, as what we ask and no more", async () => {
    expect(await send(["one@y.test", "two+tag@y.test"])).toEqual(
      ["one@y.test", "two+tag@y.test"].map((recipient) => ({
        recipient,
        class: "accepted",
        code: 200,
        response: "Queued. Thank you.",
        providerMessageId: "m1@here.test",
      })),
    );
    const none = ["no"];
    expect(mailgun.mails).toEqual([
      {
        to: ["one@y.test", "two+tag@y.test"],
        message: RAW,
        fields: {
          "v:relay_id": [ID],
          "o:tracking": none,
          "o:tracking-clicks": none,
          "o:tracking-opens": none,
        },
      },
    ]);
  });

  it.each([
    ["no body", latin("From: a@x\r\n\r\n")],
    ["a long line", latin(`From: a@x\r\n\r\n${"x".repeat(5000)}\r\n`)],
    ["bare LF", latin("From: a@x\r\n\r\na\nb\nc")],
    ["what looks like the form's own end", latin(`From: a@x\r\n\r\n--waybill-${ID}-0--\r\n`)],
  ])("is the same with %s", async (_, raw) => {
    await send(["one@y.test"], raw);
    expect(mailgun.mails[0]?.message.toString("latin1")).toBe(raw.toString("latin1"));
  });

  it("has no Bcc, whatever came", async () => {
    await send(
      ["one@y.test"],
      latin("Bcc: hidden@x.test,\r\n other@x.test\r\nFrom: a@x\r\n\r\nHi\r\n"),
    );
    expect(mailgun.mails[0]?.message.toString()).toBe("From: a@x\r\n\r\nHi\r\n");
  });

  it("is the same request when it is repeated", async () => {
    await send(["one@y.test"]);
    await send(["one@y.test"]);
    const [first, second] = service.asked;
    expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
    expect(second?.headers["content-type"]).toBe(first?.headers["content-type"]);
  });

  it("goes to a domain as the DNS has it; a local part that is not ASCII is Mailgun's to refuse", async () => {
    expect(await classes(["ann@bücher.test"])).toEqual(["accepted"]);
    expect(mailgun.mails[0]?.to).toEqual(["ann@xn--bcher-kva.test"]);
    expect(await send(["jörg@y.test"])).toMatchObject([
      { recipient: "jörg@y.test", class: "permanent_recipient", category: "invalid_recipient" },
    ]);
  });

  it("is 25 MiB at most, which are sent whole; more is not tried", async () => {
    const most = Buffer.concat([
      latin("From: a@x\r\n\r\n"),
      Buffer.alloc(25 * 1024 * 1024 - 13, "x"),
    ]);
    expect(await send(["one@y.test"], most)).toMatchObject([{ class: "accepted" }]);
    expect(mailgun.mails[0]?.message.equals(most)).toBe(true);
    const more = Buffer.concat([most, latin("x")]);
    expect(await send(["one@y.test"], more)).toMatchObject([
      { class: "permanent_message", category: "size" },
    ]);
    expect(service.asked).toHaveLength(1);
  });
});

describe("many recipients", () => {
  const many = Array.from({ length: 2003 }, (_, at) => `r${at}@y.test`);

  it("are a request for each thousand, and have an outcome each", async () => {
    const outcomes = await send(many);
    expect(outcomes.map((one) => one.recipient)).toEqual(many);
    expect(new Set(outcomes.map((one) => one.class))).toEqual(new Set(["accepted"]));
    expect(mailgun.mails.map(({ to }) => to.length)).toEqual([1000, 1000, 3]);
  });

  it("fare as their own request did", async () => {
    service.fail({ kind: "reset", when: "after" });
    const outcomes = await send(many.slice(0, 1001));
    expect(outcomes.map((one) => one.class)).toEqual([
      ...Array.from({ length: 1000 }, () => "ambiguous"),
      "accepted",
    ]);
  });

  it("do not suffer from a bad one among them, and nobody gets it twice", async () => {
    const bad = ["jörg@y.test", "two words@y.test"];
    const good = many.slice(0, 9);
    const outcomes = await send([...good.slice(0, 4), ...bad, ...good.slice(4)]);
    const refused = outcomes.filter((one) => one.class !== "accepted");
    expect(refused.map((one) => [one.recipient, one.class])).toEqual(
      bad.map((one) => [one, "permanent_recipient"]),
    );
    expect(mailgun.mails.flatMap(({ to }) => to)).toEqual(good);
  });
});

const slowDown = (headers: Record<string, string>, message = "slow down"): Fault => ({
  kind: "answer",
  said: { status: 429, headers, json: { message } },
});
const limitedUntil = (date: Date) =>
  `Domain x is not allowed to send: recipient limit exceeded, try again after ${date.toUTCString().replace("GMT", "UTC")}`;

const EXPECTED: Record<string, string> = {
  unverified: "config sender_auth_fail",
  free: "config sender_auth_fail",
  disabled: "config sender_auth_fail",
  from: "permanent_message content",
  options: "permanent_message content",
  payment: "quota rate_limit",
  forbidden: "auth auth_required",
  ip: "config policy",
  missing: "config other",
  requests: "throttled rate_limit",
  recipients: "throttled rate_limit",
  bytes: "throttled rate_limit",
  busy: "throttled rate_limit",
  internal: "retry network",
};

test.each(Object.keys(MAILGUN_ERRORS))("the documented error %s has its class", async (name) => {
  const [one] = await send([`emulate-${name}@y.test`]);
  expect(`${one?.class} ${one?.category}`).toBe(EXPECTED[name]);
  expect(one?.code).toBe(MAILGUN_ERRORS[name]?.status);
  expect(one?.providerMessageId).toBeUndefined();
});

describe("how long to wait", () => {
  const QUARTER = 15 * 60_000;

  it.each([
    ["seconds", { "retry-after": "20" }, 20_000],
    ["absurdly many", { "retry-after": "99999999" }, QUARTER],
    ["a date long after", { "retry-after": "Mon, 25 Aug 2036 07:00:31 GMT" }, QUARTER],
    ["what is no time", { "retry-after": "soon" }, undefined],
    ["nothing", {}, undefined],
  ])("%s in the header", async (_, headers, wait) => {
    service.fail(slowDown(headers));
    const [one] = await send(["a@y.test"]);
    expect(one).toMatchObject({ class: "throttled", response: "slow down" });
    expect(one?.retryAfterMs).toBe(wait);
  });

  it("is in the words of the message, as a date", async () => {
    service.fail(slowDown({}, limitedUntil(new Date(Date.now() + 300_000))));
    const [one] = await send(["a@y.test"]);
    expect(one?.retryAfterMs).toBeGreaterThan(1);
    expect(one?.retryAfterMs).toBeLessThanOrEqual(300_000);
  });
});

test.each([
  ["the page of every other path", "Mailgun Magnificent API"],
  ["an id alone", '{"id":"<x@y>"}'],
  ["no id", '{"message":"Queued. Thank you."}'],
  ["another message", '{"id":"<x@y>","message":"Held"}'],
])("200 with %s is no yes", async (_, text) => {
  service.fail({ kind: "answer", said: { status: 200, text } });
  expect(await classes(["a@y.test"])).toEqual(["ambiguous"]);
});

describe("the account", () => {
  it("is known by its key; a wrong one is auth, and is in no outcome", async () => {
    provider.close();
    provider = open({ sealedSecret: "an0ther-key" });
    const outcomes = await send(["a@y.test"]);
    expect(outcomes).toMatchObject([{ class: "auth", code: 401, response: "Forbidden" }]);
    expect(JSON.stringify(outcomes)).not.toContain("an0ther-key");
  });

  it("has a domain; one that is not there is about the settings", async () => {
    provider.close();
    provider = open({ domain: "other.example.com" });
    expect(await send(["a@y.test"])).toMatchObject([{ class: "config", code: 404 }]);
  });

  it.each([
    [{}, { success: true, message: "the service answers and accepts the secret" }],
    [{ sealedSecret: "an0ther" }, { success: false, code: "auth", message: "Forbidden" }],
    [{ domain: "no.test" }, expect.objectContaining({ success: false, code: "protocol" })],
    [{ baseUrl: "elsewhere" }, expect.objectContaining({ success: false, code: "protocol" })],
    [{ baseUrl: "http://127.0.0.1:1" }, expect.objectContaining({ code: "unreachable" })],
  ])("is tried without a mail: %j", async (change: Partial<MailgunProvider>, verdict) => {
    provider.close();
    const elsewhere = { baseUrl: `${service.url}/elsewhere` };
    provider = open(change.baseUrl === "elsewhere" ? elsewhere : change);
    expect(await provider.verify()).toEqual(verdict);
    expect(mailgun.mails).toEqual([]);
  });

  it("may be of another region, by the base URL, a path included", async () => {
    provider.close();
    provider = open({ baseUrl: `${service.url}/eu` });
    await send(["a@y.test"]);
    expect(service.asked[0]?.path).toBe(`/eu/v3/${DOMAIN}/messages.mime`);
  });

  it("of a tenant is not reached on an address inside", async () => {
    provider.close();
    provider = open({}, false);
    expect(await classes(["a@y.test"])).toEqual(["config"]);
    expect(service.asked).toHaveLength(0);
  });
});
