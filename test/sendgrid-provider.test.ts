import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { Service } from "@waybill/actors";
import { sendgridProvider } from "@waybill/actors/services";
import type { SendgridProvider } from "@waybill/schemas";
import { attemptOf, providerContract, reach } from "./src/esp/contract.ts";
import { type Said } from "./src/esp/emulator.ts";
import { sendgridService, startSendgrid, type SendgridEmulator } from "./src/esp/sendgrid.ts";
import { type Sink, startSink } from "./src/mail/sink.ts";

const KEY = "SG.k3y-of-the-account";
const ID = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
const unseal = (sealed: string) => sealed.replace("sealed", KEY);

const settings: SendgridProvider = {
  kind: "provider",
  type: "sendgrid",
  id: "s",
  name: "SendGrid",
  concurrency: 2,
  sealedSecret: "sealed",
  lane: "http",
};

providerContract("sendgrid", {
  open: (baseUrl, over) => sendgridProvider({ ...settings, baseUrl }, unseal, over),
  serve: () => sendgridService({ key: KEY }),
  secrets: [KEY],
});

let service: SendgridEmulator;
let sink: Sink;
let provider: Service;

function reopen(change: Partial<SendgridProvider> = {}): void {
  provider?.close();
  const smtp = { host: "127.0.0.1", port: sink.port, tls: "none" } as const;
  const changed = { ...settings, baseUrl: service.url, smtp, ...change };
  provider = sendgridProvider(changed, unseal, reach);
}

beforeEach(async () => {
  service = await startSendgrid({ key: KEY, domains: ["x.test", "xn--bcher-kva.test"] });
  sink = await startSink({ keep: "raw", auth: { user: "apikey", pass: KEY } });
  reopen();
});
afterEach(async () => {
  provider.close();
  await Promise.all([service.close(), sink.stop()]);
});

const HEAD = "From: Ann <ann@x.test>\r\nTo: Bob <bob@y.test>\r\nSubject: s\r\n";
const PLAIN = `${HEAD}\r\ntext\r\n`;

const send = (raw: string | Buffer, recipients = ["bob@y.test"]) =>
  provider.send(attemptOf(raw, { recipients }));
const lastMail = () => service.mails.at(-1)?.mail;
const say = (said: Said) => service.fail({ kind: "answer", said });

const part = (type: string, text: string) =>
  `--b\r\nContent-Type: ${type}; charset=utf-8\r\n\r\n${text}\r\n`;

describe("what goes out in JSON", () => {
  it("is the message with our id, and nothing of it is tracked or rewritten", async () => {
    const [outcome] = await send(`${HEAD}X-Kind: one\r\nMessage-ID: <1@x.test>\r\n\r\ntext\r\n`);
    const id = service.mails[0]?.id;
    expect(outcome).toMatchObject({ class: "accepted", code: 202, providerMessageId: id });
    expect(lastMail()).toEqual({
      from: { email: "ann@x.test", name: "Ann" },
      subject: "s",
      personalizations: [{ to: [{ email: "bob@y.test", name: "Bob" }] }],
      content: [{ type: "text/plain", value: "text\n" }],
      headers: { "X-Kind": "one", "Message-ID": "<1@x.test>" },
      custom_args: { relay_id: ID },
      tracking_settings: {
        click_tracking: { enable: false, enable_text: false },
        open_tracking: { enable: false },
        subscription_tracking: { enable: false },
        ganalytics: { enable: false },
      },
    });
    expect(service.asked[0]?.headers).toMatchObject({ "user-agent": "waybill" });
  });

  it("hides whoever the header does not show, and mails nobody of its Bcc", async () => {
    const raw = `${HEAD}Cc: Carl <carl@Y.test>\r\nBcc: never@y.test\r\n\r\nx`;
    await send(raw, ["hidden@y.test", "bob@y.test", "carl@y.test"]);
    expect(lastMail()?.personalizations).toEqual([
      {
        to: [{ email: "bob@y.test", name: "Bob" }],
        cc: [{ email: "carl@y.test", name: "Carl" }],
        bcc: [{ email: "hidden@y.test" }],
      },
    ]);
    expect(service.asked[0]?.body.toString()).not.toContain("never@");
  });

  it("is a mail for each where the header shows nobody", async () => {
    const raw = "From: ann@x.test\r\nTo: undisclosed-recipients:;\r\n\r\nx";
    await send(raw, ["one@y.test", "two@y.test"]);
    expect(lastMail()).toMatchObject({
      subject: " ",
      personalizations: [{ to: [{ email: "one@y.test" }] }, { to: [{ email: "two@y.test" }] }],
    });
  });

  it("keeps texts beyond ASCII, domains in their ASCII form, and the forms of a text in their order", async () => {
    const raw =
      "From: =?utf-8?q?J=C3=B6rg?= <ann@bücher.test>\r\nTo: bob@y.test\r\nReply-To: a@x.test, b@x.test\r\n" +
      "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
      part("text/plain", "schön 🙂") +
      part("text/html", "<b>schön</b>") +
      part("text/calendar", "BEGIN") +
      "--b--\r\n";
    await send(raw);
    expect(lastMail()).toMatchObject({
      from: { email: "ann@xn--bcher-kva.test", name: "Jörg" },
      reply_to_list: [{ email: "a@x.test" }, { email: "b@x.test" }],
      subject: "Grüße",
      content: [
        { type: "text/plain", value: "schön 🙂" },
        { type: "text/html", value: "<b>schön</b>" },
        { type: "text/calendar", value: "BEGIN" },
      ],
    });
  });

  it("is 25 MiB with their attachments", async () => {
    const content = Buffer.alloc(18 * 1024 * 1024, "waybill").toString("base64");
    const lines = content.replaceAll(/.{76}/g, "$&\r\n");
    const raw =
      `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n` +
      `Content-Transfer-Encoding: base64\r\nContent-ID: <c@x>\r\n\r\n${lines}\r\n--b--\r\n`;
    expect(await send(raw)).toMatchObject([{ class: "accepted" }]);
    expect(lastMail()?.content).toEqual([{ type: "text/plain", value: " " }]);
    expect(lastMail()?.attachments).toMatchObject([
      { type: "application/pdf", filename: "a.pdf", disposition: "attachment", content_id: "c@x" },
    ]);
    expect(lastMail()?.attachments?.[0]?.content).toBe(content);
  });
});

const csv = (name: string, body: string) =>
  `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/csv; name="${name}"\r\n` +
  `Content-Disposition: attachment\r\n\r\n${body}\r\n--b--\r\n`;

describe("what goes out by SMTP instead", () => {
  it.each([
    ["shows somebody who is not mailed", PLAIN.replace("bob@", "else@")],
    ["is signed", `DKIM-Signature: v=1\r\n${PLAIN}`],
    ["repeats a field", `X-Kind: one\r\nX-Kind: two\r\n${PLAIN}`],
    ["has Cc without To", PLAIN.replace("To:", "Cc:")],
    ["has a file whose name SendGrid loses", csv("ü.csv", "x")],
    ["has a file whose charset SendGrid loses", csv("a.csv", "ü")],
  ])("is a message that %s, as it is", async (_, raw) => {
    const [outcome] = await send(raw);
    expect(outcome).toMatchObject({ class: "accepted", code: 250 });
    expect(service.asked).toEqual([]);
    const mail = sink.raws[0];
    expect(mail).toMatchObject({ from: "a@sender.test", recipients: ["bob@y.test"] });
    const [field = "", ...rest] = mail?.raw.toString().split("\r\n") ?? [];
    expect(rest.join("\r\n")).toBe(raw);
    const said = JSON.parse(field.replace(/^X-SMTPAPI: /, "")) as object;
    expect(said).toMatchObject({
      unique_args: { relay_id: ID },
      filters: { clicktrack: { settings: { enable: 0 } }, opentrack: { settings: { enable: 0 } } },
    });
  });

  it("is everything where the settings say so", async () => {
    reopen({ lane: "smtp" });
    expect(await send(PLAIN)).toMatchObject([{ class: "accepted", code: 250 }]);
    expect(sink.received).toBe(1);
  });

  it("is nothing without an endpoint: what cannot go in JSON is refused, what would be damaged goes", async () => {
    provider.close();
    provider = sendgridProvider({ ...settings, baseUrl: service.url }, unseal, reach);
    expect(await send(`DKIM-Signature: v=1\r\n${PLAIN}`)).toMatchObject([
      { class: "permanent_message", response: "unsupported_structure: dkim_signature" },
    ]);
    expect(await send(csv("ü.csv", "x"))).toMatchObject([{ class: "accepted" }]);
    expect(lastMail()?.attachments).toMatchObject([{ filename: "ü.csv" }]);
  });
});

test("a tenant reaches no private address, neither over HTTP nor by SMTP", async () => {
  provider.close();
  const smtp = { host: "127.0.0.1", port: sink.port, tls: "none" } as const;
  const guarded = { ...reach, isExempt: false };
  provider = sendgridProvider({ ...settings, baseUrl: service.url, smtp }, unseal, guarded);
  expect(await send(PLAIN)).toMatchObject([{ class: "config" }]);
  expect(await send(`DKIM-Signature: v=1\r\n${PLAIN}`)).toMatchObject([{ class: "config" }]);
  expect([service.asked.length, sink.connections]).toEqual([0, 0]);
});

const verify = async (change: Partial<SendgridProvider> = {}) => {
  reopen(change);
  return provider.verify();
};

describe("asked after its account", () => {
  it("knows a key that may send, and sends nothing", async () => {
    expect(await verify()).toMatchObject({ success: true });
    expect(await verify({ lane: "smtp" })).toMatchObject({ success: true });
    expect([service.mails.length, sink.received]).toEqual([0, 0]);
  });

  it("knows one that is wrong, or may do other things only", async () => {
    expect(await verify({ sealedSecret: "wrong" })).toMatchObject({ success: false, code: "auth" });
    const bySmtp = { sealedSecret: "wrong", lane: "smtp" } as const;
    expect(await verify(bySmtp)).toMatchObject({ success: false, code: "auth" });
    await service.close();
    service = await startSendgrid({ key: KEY, scopes: ["stats.read"] });
    expect(await verify()).toMatchObject({
      code: "auth",
      message: "the key has no scope mail.send",
    });
  });
});

test("all by SMTP needs an endpoint that is known", () => {
  const bySmtp = { ...settings, lane: "smtp", baseUrl: service.url } as const;
  expect(() => sendgridProvider(bySmtp, unseal, reach)).toThrow("endpoint must be named");
});

const error = (message: string, field: string | null = null) => ({
  json: { errors: [{ message, field, help: null }] },
});

const inAMinute = () => Date.now() + 60_000;

describe("an answer of SendGrid", () => {
  it.each([
    [400, error("Bad Request"), "permanent_message"],
    [400, error("The subject is required.", "subject"), "permanent_message"],
    [400, error("from address does not match a verified Sender Identity", "from"), "config"],
    [401, error("authorization required"), "auth"],
    [401, error("Maximum credits exceeded"), "quota"],
    [403, error("access forbidden"), "auth"],
    [403, error("The from address does not match a verified Sender Identity.", "from"), "config"],
    [403, error("You are temporarily blocked: too many bad requests"), "throttled"],
    [403, error("something else"), "config"],
    [404, {}, "config"],
    [405, {}, "config"],
    [406, {}, "config"],
    [413, {}, "permanent_message"],
    [415, {}, "config"],
    [429, error("too many requests"), "throttled"],
    [500, {}, "retry"],
    [503, {}, "retry"],
    [202, {}, "ambiguous"],
    [200, { headers: { "x-message-id": "x" } }, "ambiguous"],
  ] as const)("%i %j is %s", async (status, said, expected) => {
    say({ status, ...said });
    const [outcome] = await send(PLAIN);
    expect(outcome).toMatchObject({ class: expected, code: status });
    expect(outcome?.response).not.toBe("");
  });

  it("that names some addresses refuses those, and the others are tried again without them", async () => {
    const outcomes = await send(PLAIN, ["bob@y.test", "no.domain@y", "eve@y.test"]);
    expect(outcomes.map((one) => [one.recipient, one.class])).toEqual([
      ["bob@y.test", "retry"],
      ["no.domain@y", "permanent_recipient"],
      ["eve@y.test", "retry"],
    ]);
    expect(service.mails).toEqual([]);
    expect(await send(PLAIN, ["bob@y.test", "eve@y.test"])).toMatchObject([
      { class: "accepted" },
      { class: "accepted" },
    ]);
  });

  it.each([
    ["retry-after", () => "60"],
    ["retry-after", () => new Date(inAMinute()).toUTCString()],
    ["x-ratelimit-reset", () => String(Math.ceil(inAMinute() / 1000))],
  ])("says by %s when to ask again", async (name, value) => {
    say({ status: 429, headers: { [name]: value() } });
    const [outcome] = await send(PLAIN);
    expect(outcome?.retryAfterMs).toBeGreaterThan(30_000);
    expect(outcome?.retryAfterMs).toBeLessThanOrEqual(61_000);
  });
});
