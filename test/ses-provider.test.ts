import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Attempt, Service } from "@waybill/actors";
import { sesProvider } from "@waybill/actors/services";
import type { Outcome, SesProvider } from "@waybill/schemas";
import { attemptOf, providerContract, reach } from "./src/esp/contract.ts";
import { type Emulator, startEmulator } from "./src/esp/emulator.ts";
import { SesEmulator } from "./src/esp/ses.ts";
import { refuseSigV4 } from "./src/esp/sigv4.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const KEYS = { AKIAGOOD: { secret: SECRET } };
const ID = "01HZZZZZZZZZZZZZZZZZZZZZZZ";

const settings = (change: Partial<SesProvider> = {}): SesProvider => ({
  kind: "provider",
  type: "ses",
  id: "p",
  name: "p",
  concurrency: 2,
  region: "eu-west-1",
  accessKeyId: "AKIAGOOD",
  sealedSecret: "sealed",
  ...change,
});

providerContract("ses", {
  open: (baseUrl, way) => sesProvider(settings({ baseUrl }), () => SECRET, way),
  serve: () => {
    const ses = new SesEmulator({ keys: KEYS, region: "eu-west-1" });
    return { handle: ses.handle, taken: () => ses.mails.length };
  },
  secrets: [SECRET],
});

let ses: SesEmulator;
let service: Emulator;
let skew = 0;
const opened: Service[] = [];

async function serve(account: object = {}): Promise<void> {
  ses = new SesEmulator({
    keys: KEYS,
    region: "eu-west-1",
    now: () => Date.now() + skew,
    configurationSets: ["events"],
    ...account,
  });
  service = await startEmulator(ses.handle);
}

beforeEach(async () => {
  skew = 0;
  await serve();
});
afterEach(async () => {
  for (const one of opened.splice(0)) one.close();
  await service.close();
});

/** Waits as long as in production: a large message takes its time on a busy machine. */
const patient = { outbound: reach.outbound, isExempt: true };

function provider(change: Partial<SesProvider> = {}, secret = SECRET): Service {
  const one = sesProvider(settings({ baseUrl: service.url, ...change }), () => secret, patient);
  opened.push(one);
  return one;
}

const HEADER =
  "From: A <a@sender.test>\r\nTo: not-in-the-envelope@else.test\r\nReply-To: x@z.test\r\n\r\n";
const RAW = Buffer.from(`${HEADER}..\r\n.\r\ncaf\xe9 \x80\xff\r\n`, "latin1");

const send = (change: Partial<Attempt> = {}, by = provider()): Promise<Outcome[]> =>
  by.send(attemptOf(RAW, { body: () => Readable.from([RAW]), size: RAW.length, ...change }));

const many = (count: number) => Array.from({ length: count }, (_, at) => `r${at}@y.test`);
const brief = (outcomes: Outcome[]) =>
  Object.fromEntries(outcomes.map((one) => [one.recipient, one.class]));

describe("what goes out", () => {
  test("is the message byte by byte after its X-Relay-Id, to the envelope and not the header", async () => {
    const outcomes = await send({ recipients: ["one@y.test", "two+x@y.test"] });
    const [mail] = ses.mails;
    expect(mail?.raw.toString("latin1")).toBe(`X-Relay-Id: ${ID}\r\n${RAW.toString("latin1")}`);
    expect(mail?.recipients).toEqual(["one@y.test", "two+x@y.test"]);
    expect(mail?.call).toEqual({
      Destination: { BccAddresses: ["one@y.test", "two+x@y.test"] },
      EmailTags: [{ Name: "relay_id", Value: ID }],
      FeedbackForwardingEmailAddress: "a@sender.test",
    });
    expect(outcomes).toEqual(
      ["one@y.test", "two+x@y.test"].map((recipient) => ({
        recipient,
        class: "accepted",
        code: 200,
        providerMessageId: mail?.messageId,
        response: `accepted; its Message-ID is now <${mail?.messageId}@eu-west-1.amazonses.com>`,
      })),
    );
  });

  test("names the configuration set, if there is one", async () => {
    await send({}, provider({ configurationSet: "events" }));
    expect(ses.mails[0]?.call.ConfigurationSetName).toBe("events");
  });

  test("names nobody for its bounces when the sender is null: the From is told then", async () => {
    expect(await send({ from: "" })).toMatchObject([{ class: "accepted" }, { class: "accepted" }]);
    expect(ses.mails[0]?.call).not.toHaveProperty("FeedbackForwardingEmailAddress");
  });

  test.each([0, 1, 2, 3, 24 * 1024 * 1024])(
    "may end after %i octets of any kind",
    async (length) => {
      const content = Buffer.concat([Buffer.from(HEADER), randomBytes(length)]);
      const pieces = Array.from({ length: Math.ceil(content.length / 100_003) }, (_, at) =>
        content.subarray(at * 100_003, (at + 1) * 100_003),
      );
      const body = () => Readable.from(pieces);
      expect(brief(await send({ body, size: content.length }))).toMatchObject({
        "one@y.test": "accepted",
      });
      const raw = ses.mails[0]?.raw ?? Buffer.alloc(0);
      expect(raw.subarray(raw.indexOf("\r\n") + 2).equals(content)).toBe(true);
    },
  );

  test("is not tried where it is more than SES takes", async () => {
    const [outcome] = await send({ size: 30 * 1024 * 1024 + 1 });
    expect(outcome).toMatchObject({ class: "permanent_message", category: "size" });
    expect(service.asked).toEqual([]);
  });
});

describe("recipients", () => {
  test("beyond 50 are sent to by further calls, each once", async () => {
    const recipients = many(120);
    const outcomes = await send({ recipients });
    expect(ses.mails.map((mail) => mail.recipients.length)).toEqual([50, 50, 20]);
    expect(ses.mails.flatMap((mail) => mail.recipients)).toEqual(recipients);
    expect(outcomes.map(({ recipient }) => recipient)).toEqual(recipients);
    const ids = outcomes.map(({ providerMessageId }) => providerMessageId);
    expect(new Set(ids)).toEqual(new Set(ses.mails.map(({ messageId }) => messageId)));
    for (const { raw } of ses.mails) expect(raw.equals(ses.mails[0]?.raw ?? RAW)).toBe(true);
  });

  test("of a call that fails fare apart from those of another", async () => {
    service.fail({ kind: "reset", when: "after" });
    const classes = (await send({ recipients: many(60) })).map((one) => one.class);
    expect(classes).toEqual([...Array(50).fill("ambiguous"), ...Array(10).fill("accepted")]);
    expect(ses.mails.map((mail) => mail.recipients.length)).toEqual([10]);
  });

  test("that SES cannot read keep nobody else from the mail, and nobody gets it twice", async () => {
    const good = many(48);
    const recipients = [
      ...good.slice(0, 30),
      "x@under_score.test",
      ...good.slice(30),
      "y@[1.2.3.4]",
    ];
    const outcomes = brief(await send({ recipients }));
    expect(Object.keys(outcomes)).toHaveLength(50);
    const refused = Object.keys(outcomes).filter((one) => outcomes[one] === "permanent_recipient");
    expect(refused).toEqual(["x@under_score.test", "y@[1.2.3.4]"]);
    expect(ses.mails.flatMap((mail) => mail.recipients)).toEqual(good);
  });

  test("have their domain in ASCII; those whose local part is not are refused without a call", async () => {
    const outcomes = await send({ recipients: ["a@bücher.test", "ä@y.test"] });
    expect(brief(outcomes)).toEqual({
      "a@bücher.test": "accepted",
      "ä@y.test": "permanent_recipient",
    });
    expect(ses.mails.flatMap((mail) => mail.recipients)).toEqual(["a@xn--bcher-kva.test"]);
    expect(await send({ recipients: ["ä@y.test"] })).toMatchObject([{ category: "protocol" }]);
    expect(service.asked).toHaveLength(1);
  });

  test("get nothing from a sender whose local part is not ASCII", async () => {
    const [outcome] = await send({ from: "ä@sender.test" });
    expect(outcome).toMatchObject({ class: "permanent_message", category: "protocol" });
    await send({ from: "a@bücher.test" });
    const { FeedbackForwardingEmailAddress } = ses.mails[0]?.call ?? {};
    expect(FeedbackForwardingEmailAddress).toBe("a@xn--bcher-kva.test");
  });
});

const first = async (change: Partial<Attempt> = {}, by = provider()) => (await send(change, by))[0];

describe("what SES refuses", () => {
  test.each<[string, Partial<SesProvider>, string, Outcome["class"]]>([
    ["a wrong secret", {}, "another", "auth"],
    ["an unknown key", { accessKeyId: "AKIANONE" }, SECRET, "auth"],
    ["another region than the endpoint's", { region: "us-east-1" }, SECRET, "config"],
    ["an unknown configuration set", { configurationSet: "none" }, SECRET, "config"],
  ])("%s", async (_, change, secret, expected) => {
    expect(await first({}, provider(change, secret))).toMatchObject({ class: expected });
    expect(ses.mails).toEqual([]);
  });

  test.each([6, -6])("a clock that is %i minutes off is said to be that", async (minutes) => {
    skew = minutes * 60_000;
    const outcome = await first();
    expect(outcome).toMatchObject({ class: "retry", code: 403 });
    expect(outcome?.response).toMatch(/^the clock of this machine differs from Amazon's/);
  });

  test("a sender that is not verified is told with its domain", async () => {
    await service.close();
    await serve({ verified: ["other.test"] });
    const outcome = await first();
    expect(outcome).toMatchObject({ class: "config", category: "sender_auth_fail" });
    expect(outcome?.response).toMatch(/^sender sender\.test in eu-west-1: .*a@sender\.test/);
  });

  test("recipients that are not verified, in the sandbox, are a matter of the account", async () => {
    await service.close();
    await serve({ verified: ["sender.test"], sandbox: true });
    expect(await first()).toMatchObject({
      class: "config",
      response: expect.stringContaining("one@y.test"),
    });
  });

  test("more in a second, or in a day, than the account may", async () => {
    await service.close();
    await serve({ perSecond: 2, perDay: 4 });
    const by = provider();
    expect(await first({}, by)).toMatchObject({ class: "accepted" });
    expect(await first({}, by)).toMatchObject({ class: "throttled", retryAfterMs: 5_000 });
    skew = 2_000;
    expect(await first({}, by)).toMatchObject({ class: "accepted" });
    skew = 4_000;
    expect(await first({}, by)).toMatchObject({ class: "quota", retryAfterMs: 900_000 });
  });

  test("a message without From", async () => {
    const content = Buffer.from("To: x@y.test\r\n\r\n");
    const outcome = await first({ body: () => Readable.from([content]), size: content.length });
    expect(outcome).toMatchObject({ class: "permanent_message" });
  });
});

describe("asked after its account, it says", () => {
  const account = (change: Partial<SesProvider> = {}, secret = SECRET) =>
    provider(change, secret).verify();
  const good = "the service answers and accepts the secret";

  test("that the key is good", async () => {
    expect(await account()).toEqual({ success: true, message: good });
    expect(service.asked.map(({ method }) => method)).toEqual(["GET"]);
    expect(ses.mails).toEqual([]);
  });

  test("that it is good under a path too, which is signed with the rest", async () => {
    const is = { keys: KEYS, region: "eu-west-1", service: "ses", now: Date.now() };
    const other = await startEmulator(
      (asked) => refuseSigV4(asked, is) ?? { status: 200, json: { SendingEnabled: true } },
    );
    expect(await account({ baseUrl: `${other.url}/some%20path/` })).toMatchObject({
      success: true,
    });
    expect(other.asked[0]?.path).toBe("/some%20path/v2/email/account");
    await other.close();
  });

  test.each<[string, Partial<SesProvider>, string, string, RegExp]>([
    ["a wrong secret", {}, "another", "auth", /^InvalidSignatureException: /],
    ["an unknown key", { accessKeyId: "AKIANONE" }, SECRET, "auth", /token .* is invalid/],
    ["another region", { region: "us-east-1" }, SECRET, "protocol", /^the region is not that/],
    ["nobody there", { baseUrl: "http://127.0.0.1:1" }, SECRET, "unreachable", /reached/],
  ])("%s", async (_, change, secret, code, message) => {
    const says: unknown = expect.stringMatching(message);
    expect(await account(change, secret)).toEqual({ success: false, code, message: says });
  });

  test("a clock that is wrong", async () => {
    skew = 6 * 60_000;
    expect(await account()).toMatchObject({
      code: "protocol",
      message: expect.stringMatching(/^the clock of this machine/),
    });
  });

  test("that sending is paused, or goes to verified addresses only", async () => {
    await service.close();
    await serve({ paused: true });
    expect(await account()).toMatchObject({ success: false, code: "auth" });
    await service.close();
    await serve({ sandbox: true });
    const says: unknown = expect.stringContaining("sandbox");
    expect(await account()).toEqual({ success: true, message: says });
  });

  test("that a key is good which may send, and not ask", async () => {
    const why = "User: arn:aws:iam::1:user/x is not authorized to perform: ses:GetAccount";
    ses.refuseNext("AccessDeniedException", why, 403);
    const says: unknown = expect.stringContaining("may not ask");
    expect(await account()).toEqual({ success: true, message: says });
    ses.refuseNext("AccessDeniedException", "explicit deny", 403);
    expect(await account()).toMatchObject({ success: false, code: "auth" });
  });

  test("that what answers is no SES", async () => {
    service.fail({ kind: "answer", said: { status: 200, text: "<html>Welcome</html>" } });
    expect(await account()).toMatchObject({ success: false, code: "protocol" });
  });
});

test("a host that a tenant names is reached through the guard", async () => {
  const guarded = sesProvider(settings({ baseUrl: service.url }), () => SECRET, {
    ...reach,
    isExempt: false,
  });
  opened.push(guarded);
  expect(await first({}, guarded)).toMatchObject({ class: "config", category: "network" });
  expect(service.asked).toEqual([]);
});

test("nothing is sent with a secret in it, but in its signature", async () => {
  await send();
  const [{ headers, body, path } = { headers: {}, body: RAW, path: "" }] = service.asked;
  expect(JSON.stringify([headers, path, body.toString()])).not.toContain(SECRET);
});
