import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { Attempt, Service } from "@waybill/actors";
import { resendProvider } from "@waybill/actors/services";
import type { ResendProvider } from "@waybill/schemas";
import { attemptOf, providerContract, reach } from "./src/esp/contract.ts";
import { type Emulator, type Fault, startEmulator } from "./src/esp/emulator.ts";
import { Resend, RESEND_ERRORS } from "./src/esp/resend.ts";
import { type Sink, startSink } from "./src/mail/sink.ts";

const KEY = "re_k3y-of-the-account";

let resend: Resend;
let service: Emulator;
let endpoint: Sink;
let provider: Service;

const unseal = (sealed: string) => sealed.replace("sealed", KEY);

const settings: ResendProvider = {
  kind: "provider",
  type: "resend",
  id: "r",
  name: "Resend",
  concurrency: 2,
  lane: "http",
  sealedSecret: "sealed",
};

function open(change: Partial<ResendProvider> = {}, isExempt = true): Service {
  const smtp = { host: "127.0.0.1", port: endpoint.port, tls: "none" } as const;
  const changed = { ...settings, baseUrl: service.url, smtp, ...change };
  return resendProvider(changed, unseal, { ...reach, isExempt });
}

const answers = (status: number, text: string, headers: Record<string, string> = {}): Fault => ({
  kind: "answer",
  said: { status, text, headers },
});

providerContract("resend", {
  open: (baseUrl, over) => resendProvider({ ...settings, baseUrl }, unseal, over),
  serve: () => {
    const account = new Resend({ key: KEY });
    return { handle: account.handle, taken: () => account.mails.length };
  },
  secrets: [KEY],
});

beforeEach(async () => {
  resend = new Resend({ key: KEY });
  service = await startEmulator(resend.handle);
  endpoint = await startSink({
    keep: "raw",
    auth: { user: "resend", pass: KEY },
    reply: (stage, { recipient = "", recipients }) => {
      if (stage !== "rcpt") return undefined;
      if (recipient.startsWith("few") && recipients.length === 2) return "452 4.5.3 too many";
      return recipient.startsWith("bad") ? "550 5.1.1 nobody" : undefined;
    },
  });
  provider = open();
});
afterEach(async () => {
  provider.close();
  await service.close();
  await endpoint.stop();
});

const message = (header: string[], body = "Hi Bob\r\n") =>
  Buffer.from(`${header.join("\r\n")}\r\n\r\n${body}`, "latin1");

const RAW = message([
  "Received: from us",
  'From: "Ann, of d" <ann@d.test>',
  "To: Bob <bob@x.test>",
  "Cc: carl@y.test",
  "Reply-To: r@d.test",
  "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
  "Date: Sat, 21 Nov 2026 10:00:00 +0000",
  "Message-ID: <m1@here.test>",
  "In-Reply-To: <m0@here.test>",
  "X-Resend-like: kept",
]);
const ALL = ["bob@x.test", "carl@y.test", "dora@z.test"];

const attempt = (recipients: string[], raw = RAW) => attemptOf(raw, { recipients });

/** A mail that JSON can carry, to recipients whom its header shows. */
const to = (...recipients: string[]) =>
  attempt(recipients, message(["From: ann@d.test", `To: ${recipients.join(", ")}`, "Subject: s"]));

const classes = async (what: Attempt) => (await provider.send(what)).map((one) => one.class);

describe("what JSON can carry", () => {
  it("goes as one email, shown to those the header shows, the others in Bcc", async () => {
    const outcomes = await provider.send(attempt(ALL));
    const [mail] = resend.mails;
    expect(outcomes).toEqual(
      ALL.map((recipient) => ({
        recipient,
        class: "accepted",
        code: 200,
        response: "accepted",
        providerMessageId: mail?.id,
      })),
    );
    expect(mail).toEqual({
      id: mail?.id,
      idempotencyKey: mail?.idempotencyKey,
      from: '"Ann, of d" <ann@d.test>',
      to: ['"Bob" <bob@x.test>'],
      cc: ["carl@y.test"],
      bcc: ["dora@z.test"],
      reply_to: ["r@d.test"],
      subject: "Grüße",
      text: expect.stringContaining("Hi Bob"),
      headers: {
        Date: "Sat, 21 Nov 2026 10:00:00 +0000",
        "Message-ID": "<m1@here.test>",
        "In-Reply-To": "<m0@here.test>",
        "X-Resend-like": "kept",
      },
      tags: [{ name: "relay_id", value: "01HZZZZZZZZZZZZZZZZZZZZZZZ" }],
    });
    expect(endpoint.received).toBe(0);
  });

  it("has its attachments, named as they are", async () => {
    const parts = [
      "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<img src=cid:i@x>\r\n",
      "--b\r\nContent-Type: image/png\r\nContent-ID: <i@x>\r\nContent-Disposition: inline\r\n" +
        "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n",
      "--b\r\nContent-Type: application/pdf\r\nContent-ID: <j@x>\r\n" +
        'Content-Disposition: attachment; filename="R.PDF"\r\n' +
        "Content-Transfer-Encoding: base64\r\n\r\nAwQF\r\n",
      "--b--\r\n",
    ];
    const header = ["From: a@d.test", "To: bob@x.test", "Subject: s", "MIME-Version: 1.0"];
    const type = "Content-Type: multipart/related; boundary=b";
    await provider.send(attempt(["bob@x.test"], message([...header, type], parts.join(""))));
    expect(resend.mails[0]?.attachments).toEqual([
      { filename: "attachment.png", content_type: "image/png", content: "AAEC", content_id: "i@x" },
      { filename: "R.PDF", content_type: "application/pdf", content: "AwQF" },
    ]);
  });

  it("goes to a domain as the DNS has it", async () => {
    const raw = message(["From: ann@d.test", "To: undisclosed", "Subject: s"]);
    const shown = Buffer.from(raw.toString("latin1").replace("undisclosed", "bob@bücher.test"));
    expect(await classes(attempt(["bob@bücher.test"], shown))).toEqual(["accepted"]);
    expect(resend.mails[0]?.to).toEqual(["bob@xn--bcher-kva.test"]);
  });

  it("has no line end where a field could begin", async () => {
    const subject = "Subject: =?utf-8?q?a=0D=0ABcc:_x@y.test?=";
    const from = "From: =?utf-8?q?A=0D=0AX:_y?= <ann@d.test>";
    await provider.send(attempt(["bob@x.test"], message([from, "To: bob@x.test", subject])));
    const [mail] = resend.mails;
    expect(`${mail?.subject}${mail?.from}`).not.toMatch(/[\r\n]/);
  });
});

describe("the idempotency key", () => {
  it("is the same for the same message and recipients, whichever attempt it is: it is sent once", async () => {
    service.fail({ kind: "reset-in-reply" });
    expect(new Set(await classes(attempt(ALL)))).toEqual(new Set(["ambiguous"]));
    const again = { ...attempt(ALL.toReversed()), attempt: 2 };
    expect(new Set(await classes({ ...attempt(ALL), attempt: 2 }))).toEqual(new Set(["accepted"]));
    expect(resend.mails).toHaveLength(1);
    const [first, second] = service.asked;
    expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
    await provider.send(again);
    const keys = service.asked.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^relay\/t1\/01HZ{23}\/[0-9a-f]{32}$/);
  });

  it("is another for another message, other recipients, another tenant", async () => {
    await provider.send(to("bob@x.test"));
    await provider.send(to("carl@x.test"));
    await provider.send({ ...to("bob@x.test"), messageId: "01J" });
    await provider.send({ ...to("bob@x.test"), tenant: "t2" });
    expect(new Set(resend.mails.map((one) => one.idempotencyKey)).size).toBe(4);
  });
});

const CERTAIN = ["From: ann@d.test", "To: bob@x.test", "Subject: s"];

describe("what JSON cannot carry goes by SMTP, byte by byte below its key", () => {
  it.each([
    ["somebody shown who is not mailed", ["bob@x.test"], RAW],
    ["nobody in To", ["bob@x.test"], message(["From: ann@d.test", "Subject: s"])],
    ["no subject", ["bob@x.test"], message(CERTAIN.slice(0, 2))],
    ["no text", ["bob@x.test"], message(CERTAIN, "")],
    ["a field twice", ["bob@x.test"], message([...CERTAIN, "X-A: 1", "x-a: 2"])],
    [
      "a signature",
      ["bob@x.test"],
      message(
        [...CERTAIN, 'Content-Type: multipart/signed; boundary="b"'],
        "--b\r\n\r\n\r\n--b--\r\n",
      ),
    ],
    ["what is no text in its charset", ["bob@x.test"], message(CERTAIN, "\xe9\xff\r\n")],
    [
      "an attachment whose name tells another type",
      ["bob@x.test"],
      message(
        [...CERTAIN, "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
        "--b\r\n\r\nHi\r\n--b\r\nContent-Type: application/pdf\r\n" +
          "Content-Disposition: attachment; filename=a.png\r\n\r\nx\r\n--b--\r\n",
      ),
    ],
  ])("%s", async (_, recipients, raw) => {
    expect(await classes(attempt(recipients, raw))).toEqual(["accepted"]);
    expect(service.asked).toHaveLength(0);
    const [mail] = endpoint.raws;
    expect(mail?.recipients).toEqual(recipients);
    const [key = "", ...rest] = mail?.raw.toString("latin1").split("\r\n") ?? [];
    expect(key).toMatch(/^Resend-Idempotency-Key: relay\/t1\/01HZ{23}\/[0-9a-f]{32}$/);
    expect(rest.join("\r\n")).toBe(raw.toString("latin1"));
  });

  it("or all of it, where the lane is smtp", async () => {
    provider.close();
    provider = open({ lane: "smtp" });
    expect(await classes(to("bob@x.test"))).toEqual(["accepted"]);
    expect(endpoint.received).toBe(1);
    expect(service.asked).toHaveLength(0);
  });

  it("or fewer at a time, if the endpoint wants it so, each time under a key of their own", async () => {
    provider.close();
    provider = open({ lane: "smtp" });
    const outcomes = await classes(to("few1@x.test", "few2@x.test", "few3@x.test"));
    expect(outcomes).toEqual(["accepted", "accepted", "accepted"]);
    expect(endpoint.raws.map((one) => one.recipients.length)).toEqual([2, 1]);
    expect(new Set(endpoint.raws.map(({ raw }) => raw.toString().split("\r\n")[0])).size).toBe(2);
  });

  it("more than 50 recipients, fifty at a time", async () => {
    const many = Array.from({ length: 101 }, (_, at) => `r${at}@x.test`);
    const outcomes = await provider.send(to(...many));
    expect(outcomes.map((one) => one.recipient)).toEqual(many);
    expect(endpoint.raws.map((one) => one.recipients.length)).toEqual([50, 50, 1]);
    expect(new Set(endpoint.raws.map(({ raw }) => raw.toString().split("\r\n")[0])).size).toBe(3);
  });

  it("and what is refused for one of several: each has its own outcome", async () => {
    service.fail(
      answers(422, '{"name":"validation_error","message":"Invalid `to` field.","statusCode":422}'),
    );
    expect(await provider.send(to("bob@x.test", "bad@x.test"))).toMatchObject([
      { recipient: "bob@x.test", class: "accepted" },
      { recipient: "bad@x.test", class: "permanent_recipient" },
    ]);
  });

  it("a local part that is not ASCII, too, which the endpoint must say it takes", async () => {
    const raw = Buffer.from("From: ann@d.test\r\nTo: jörg@x.test\r\nSubject: s\r\n\r\nHi\r\n");
    const [one] = await provider.send(attempt(["jörg@x.test"], raw));
    expect(service.asked).toHaveLength(0);
    expect(one?.recipient).toBe("jörg@x.test");
  });
});

const EXPECTED: Record<string, string> = {
  "invalid_idempotency_key+400": "permanent_message protocol",
  "validation_error+400": "permanent_message content",
  "missing_api_key+401": "auth auth_required",
  "restricted_api_key+401": "auth auth_required",
  "invalid_api_key+403": "auth auth_required",
  "validation_error+403": "config sender_auth_fail",
  "not_found+404": "config other",
  "method_not_allowed+405": "config other",
  "invalid_idempotent_request+409": "permanent_message protocol",
  "concurrent_idempotent_requests+409": "ambiguous protocol",
  "invalid_attachment+422": "permanent_message content",
  "invalid_from_address+422": "config sender_auth_fail",
  "invalid_access+422": "config auth_required",
  "invalid_parameter+422": "permanent_message content",
  "invalid_region+422": "config other",
  "missing_required_field+422": "permanent_message content",
  "validation_error+422": "permanent_recipient invalid_recipient",
  "monthly_quota_exceeded+429": "quota rate_limit",
  "daily_quota_exceeded+429": "quota rate_limit",
  "rate_limit_exceeded+429": "throttled rate_limit",
  "security_error+451": "permanent_message policy",
  "application_error+500": "retry other",
  "internal_server_error+500": "retry other",
};

test.each(Object.keys(RESEND_ERRORS))("the documented error %s has its class", async (name) => {
  const [one] = await provider.send(to(`emulate+${name}@x.test`));
  expect(`${one?.class} ${one?.category}`).toBe(EXPECTED[name]);
  expect(one?.code).toBe(RESEND_ERRORS[name]?.status);
  expect(one?.response).toContain(name.split("+")[0]);
  expect(one?.retryAfterMs).toBe(name.startsWith("rate_limit") ? 1000 : undefined);
});

test.each([
  [{ "retry-after": "20", "ratelimit-reset": "1" }, 20_000],
  [{ "ratelimit-reset": "3" }, 3000],
  [{ "retry-after": "Mon, 25 Aug 2036 07:00:31 GMT" }, 900_000],
  [{ "retry-after": "99999999" }, 900_000],
  [{ "retry-after": "soon" }, undefined],
  [{}, undefined],
])("with %j it waits %j milliseconds", async (headers, wait) => {
  service.fail(answers(429, '{"name":"rate_limit_exceeded","message":"slow down"}', headers));
  const [one] = await provider.send(to("bob@x.test"));
  expect(one).toMatchObject({ class: "throttled", response: "rate_limit_exceeded: slow down" });
  expect(one?.retryAfterMs).toBe(wait);
});

test("200 without an id is no yes", async () => {
  service.fail(answers(200, '{"object":"email"}'));
  expect(await classes(to("bob@x.test"))).toEqual(["ambiguous"]);
});

test("25 MiB go through; what is larger than Resend takes is not tried", async () => {
  const large = message(CERTAIN, `${"x".repeat(78)}\r\n`.repeat((25 * 1024 * 1024) / 80));
  expect(await classes(attempt(["bob@x.test"], large))).toEqual(["accepted"]);
  const tooLarge = { ...to("bob@x.test"), size: 40 * 1024 * 1024 + 1 };
  expect(await provider.send(tooLarge)).toMatchObject([
    { class: "permanent_message", category: "size" },
  ]);
  expect(service.asked).toHaveLength(1);
  expect(endpoint.received).toBe(0);
});

test("a wrong key is auth by both ways, and in no outcome", async () => {
  for (const lane of ["http", "smtp"] as const) {
    provider.close();
    provider = open({ lane, sealedSecret: "re_an0ther" });
    const outcomes = await provider.send(to("bob@x.test"));
    expect(outcomes).toMatchObject([{ class: "auth" }]);
    expect(JSON.stringify(outcomes)).not.toContain("re_an0ther");
  }
});

test.each([
  [{}, { success: true, message: "the service answers and accepts the secret" }],
  [{ sealedSecret: "re_an0ther" }, expect.objectContaining({ success: false, code: "auth" })],
  [{ baseUrl: "http://127.0.0.1:1" }, expect.objectContaining({ code: "unreachable" })],
  [{ lane: "smtp" }, expect.objectContaining({ success: true })],
  [{ lane: "smtp", sealedSecret: "re_an0ther" }, expect.objectContaining({ code: "auth" })],
] as const)("the account is tried without a mail: %j", async (change, verdict) => {
  provider.close();
  provider = open(change);
  expect(await provider.verify()).toEqual(verdict);
  expect(resend.mails).toEqual([]);
});

const withoutEndpoint = (change: Partial<ResendProvider> = {}) =>
  resendProvider({ ...settings, baseUrl: service.url, ...change }, unseal, reach);

describe("where another base URL is set, and no SMTP endpoint", () => {
  it("what JSON cannot carry is refused, and the key shown to no other host", async () => {
    provider.close();
    provider = withoutEndpoint();
    expect(await provider.send(attempt(["bob@x.test"]))).toMatchObject([
      { class: "permanent_message", response: "unsupported_structure: recipients" },
    ]);
  });

  it("what is refused for one of several is nobody's own fault", async () => {
    provider.close();
    provider = withoutEndpoint();
    service.fail(answers(422, '{"name":"validation_error","message":"Invalid `to` field."}'));
    const outcomes = await provider.send(to("bob@x.test", "bad@x.test"));
    expect(outcomes.map((one) => one.class)).toEqual(["permanent_message", "permanent_message"]);
  });

  it("all of it by SMTP is not possible", () => {
    expect(() => withoutEndpoint({ lane: "smtp" })).toThrow("must be named");
  });
});

test.each(["http", "smtp"] as const)("a tenant's is not reached inside, by %s", async (lane) => {
  provider.close();
  provider = open({ lane }, false);
  expect(await classes(to("bob@x.test"))).toEqual(["config"]);
  expect(service.asked).toHaveLength(0);
  expect(endpoint.connections).toBe(0);
});
