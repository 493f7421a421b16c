import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Service } from "@waybill/actors";
import { postmarkProvider } from "@waybill/actors/services";
import type { Outcome, PostmarkProvider } from "@waybill/schemas";
import { attemptOf, providerContract, reach } from "./src/esp/contract.ts";
import { type Said } from "./src/esp/emulator.ts";
import { postmarkService, startPostmark, type PostmarkEmulator } from "./src/esp/postmark.ts";
import { type Sink, startSink } from "./src/mail/sink.ts";

const TOKEN = "t0ken-of-the-server";
const ID = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
const unseal = (sealed: string) => sealed.replace("sealed", TOKEN);

const settings: PostmarkProvider = {
  kind: "provider",
  type: "postmark",
  id: "p",
  name: "Postmark",
  concurrency: 2,
  sealedSecret: "sealed",
  lane: "http",
};

providerContract("postmark", {
  open: (baseUrl, over) => postmarkProvider({ ...settings, baseUrl }, unseal, over),
  serve: () => postmarkService({ token: TOKEN }),
  secrets: [TOKEN],
});

let service: PostmarkEmulator;
let sink: Sink;
let provider: Service;

function reopen(change: Partial<PostmarkProvider> = {}): void {
  provider?.close();
  const smtp = { host: "127.0.0.1", port: sink.port, tls: "none" } as const;
  const changed = { ...settings, baseUrl: service.url, smtp, ...change };
  provider = postmarkProvider(changed, unseal, reach);
}

beforeEach(async () => {
  const inactive = ["gone@y.test", "left@y.test"];
  service = await startPostmark({
    token: TOKEN,
    inactive,
    domains: ["x.test"],
    streams: ["outbound", "news"],
  });
  sink = await startSink({ keep: "raw", auth: { user: TOKEN, pass: TOKEN } });
  reopen();
});
afterEach(async () => {
  provider.close();
  await Promise.all([service.close(), sink.stop()]);
});

const HEAD = "From: Ann <ann@x.test>\r\nTo: Bob <bob@y.test>\r\nSubject: s\r\n";
const PLAIN = `${HEAD}\r\ntext\r\n`;
const NOBODY = "From: ann@x.test\r\nTo: undisclosed-recipients:;\r\n\r\nx";

const send = (raw: string | Buffer, recipients = ["bob@y.test"]) =>
  provider.send(attemptOf(raw, { recipients }));
const classes = async (raw: string, recipients: string[]) =>
  (await send(raw, recipients)).map((one) => `${one.recipient} ${one.class}`);
const lastMail = () => service.mails.at(-1)?.mail;
const say = (said: Said) => service.fail({ kind: "answer", said });

describe("what goes out in JSON", () => {
  it("is the message with our id, and nothing of it is tracked or rewritten", async () => {
    reopen({ messageStream: "news" });
    const raw = `${HEAD}X-Kind: one\r\nX-Kind: two\r\nMessage-ID: <1@x.test>\r\nBcc: never@y.test\r\n\r\ntext\r\n`;
    const [outcome] = await send(raw);
    const id = service.mails[0]?.id;
    expect(outcome).toMatchObject({ class: "accepted", code: 200, providerMessageId: id });
    expect(lastMail()).toEqual({
      From: '"Ann" <ann@x.test>',
      To: '"Bob" <bob@y.test>',
      Subject: "s",
      TextBody: "text\n",
      Headers: [
        { Name: "X-Kind", Value: "one" },
        { Name: "X-Kind", Value: "two" },
        { Name: "Message-ID", Value: "<1@x.test>" },
        { Name: "X-PM-KeepID", Value: "true" },
      ],
      Metadata: { relay_id: ID },
      MessageStream: "news",
      TrackOpens: false,
      TrackLinks: "None",
    });
  });

  it("hides whoever the header does not show, and quotes names", async () => {
    const raw =
      'From: ann@x.test\r\nTo: "Bob \\"B\\", Builder" <bob@y.test>\r\nCc: carl@y.test\r\nReply-To: r@x.test\r\n\r\nx';
    await send(raw, ["hidden@y.test", "bob@y.test", "carl@y.test"]);
    expect(lastMail()).toMatchObject({
      To: '"Bob \\"B\\", Builder" <bob@y.test>',
      Cc: "carl@y.test",
      Bcc: "hidden@y.test",
      ReplyTo: "r@x.test",
    });
  });

  it("is a mail for each where the header shows nobody, in one batch", async () => {
    expect(await classes(NOBODY, ["one@y.test", "gone@y.test", "two@y.test"])).toEqual([
      "one@y.test accepted",
      "gone@y.test permanent_recipient",
      "two@y.test accepted",
    ]);
    expect(service.asked.map(({ path }) => path)).toEqual(["/email/batch"]);
    expect(service.mails.map(({ mail }) => mail.To)).toEqual(["one@y.test", "two@y.test"]);
  });

  it("is in several batches for many, so that each reply can be read whole", async () => {
    const many = Array.from({ length: 161 }, (_, at) => `r${at}@bücher.test`);
    const told: string[][] = [];
    const tell = (some: readonly Outcome[]) => void told.push(some.map((one) => one.recipient));
    const outcomes = await provider.send({ ...attemptOf(NOBODY, { recipients: many }), tell });
    expect(told).toHaveLength(3);
    expect(told.flat()).toEqual(many);
    expect(outcomes.map(({ recipient }) => recipient)).toEqual(many);
    expect(new Set(outcomes.map(({ providerMessageId }) => providerMessageId)).size).toBe(161);
    expect(service.asked).toHaveLength(3);
  });

  it("shows a picture of the text in the text", async () => {
    const raw =
      `${HEAD}Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:c@x">\r\n` +
      "--b\r\nContent-Type: image/png\r\nContent-ID: <c@x>\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b--\r\n";
    await send(raw);
    expect(lastMail()).toMatchObject({
      HtmlBody: '<img src="cid:c@x">',
      Attachments: [
        { Name: "attachment-1", Content: "aGk=", ContentType: "image/png", ContentID: "cid:c@x" },
      ],
    });
    expect(lastMail()).not.toHaveProperty("TextBody");
  });
});

describe("what goes out by SMTP instead", () => {
  const calendar =
    `${HEAD}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nx\r\n` +
    "--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN\r\n--b--\r\n";

  it.each([
    ["shows somebody who is not mailed", PLAIN.replace("bob@", "else@")],
    ["has a calendar beside its text", calendar],
    ["has Cc without To", PLAIN.replace("To:", "Cc:")],
  ])("is a message that %s, as it is", async (_, raw) => {
    reopen({ messageStream: "news" });
    expect(await send(raw)).toMatchObject([{ class: "accepted", code: 250 }]);
    expect(service.asked).toEqual([]);
    expect(sink.raws[0]?.raw.toString()).toBe(
      [
        `X-PM-Metadata-relay_id: ${ID}`,
        "X-PM-KeepID: true",
        "X-PM-TrackOpens: false",
        "X-PM-TrackLinks: None",
        "X-PM-Message-Stream: news",
        raw,
      ].join("\r\n"),
    );
  });

  it("is one with more recipients than a mail in JSON may have", async () => {
    const many = Array.from({ length: 51 }, (_, at) => `r${at}@y.test`);
    await send(PLAIN, ["bob@y.test", ...many]);
    expect(sink.raws[0]?.recipients).toHaveLength(52);
  });

  it("is everything where the settings say so, and nothing without an endpoint", async () => {
    reopen({ lane: "smtp" });
    expect(await send(PLAIN)).toMatchObject([{ class: "accepted", code: 250 }]);
    provider.close();
    provider = postmarkProvider({ ...settings, baseUrl: service.url }, unseal, reach);
    expect(await send(calendar)).toMatchObject([
      { class: "permanent_message", response: "unsupported_structure: alternative" },
    ]);
  });
});

it("asked after its account knows whether the token is good, and sends nothing", async () => {
  expect(await provider.verify()).toMatchObject({ success: true });
  reopen({ lane: "smtp" });
  expect(await provider.verify()).toMatchObject({ success: true });
  reopen({ sealedSecret: "wrong" });
  expect(await provider.verify()).toMatchObject({ success: false, code: "auth" });
  expect([service.mails.length, sink.received]).toEqual([0, 0]);
});

describe("an answer of Postmark", () => {
  it("that the mail goes to some only names the others", async () => {
    const recipients = ["bob@y.test", "gone@y.test", "left@y.test", "Gone@other.test"];
    expect(await classes(PLAIN, recipients)).toEqual([
      "bob@y.test accepted",
      "gone@y.test permanent_recipient",
      "left@y.test permanent_recipient",
      "Gone@other.test accepted",
    ]);
  });

  it("that it goes to nobody is about each", async () => {
    const [one, two] = await send(PLAIN.replace("bob@", "gone@"), ["gone@y.test", "left@y.test"]);
    expect(one).toMatchObject({ class: "permanent_recipient", category: "inactive", code: 422 });
    expect(two).toMatchObject({ class: "permanent_recipient", category: "inactive" });
  });

  it("that names a bad address refuses that, and the others are tried again without it", async () => {
    expect(await classes(PLAIN, ["bob@y.test", "b@y", "eve@y.test"])).toEqual([
      "bob@y.test retry",
      "b@y permanent_recipient",
      "eve@y.test retry",
    ]);
  });

  it.each([
    [401, { ErrorCode: 10, Message: "bad token" }, "auth"],
    [422, { ErrorCode: 300, Message: "Zero recipients specified" }, "permanent_message"],
    [
      422,
      { ErrorCode: 300, Message: "Invalid 'From' address: 'bob@y.test'." },
      "permanent_message",
    ],
    [422, { ErrorCode: 400, Message: "no signature" }, "config"],
    [422, { ErrorCode: 401, Message: "not confirmed" }, "config"],
    [422, { ErrorCode: 402, Message: "Invalid JSON" }, "permanent_message"],
    [422, { ErrorCode: 403, Message: "Incompatible JSON" }, "permanent_message"],
    [422, { ErrorCode: 405, Message: "Not allowed to send" }, "quota"],
    [422, { ErrorCode: 409, Message: "JSON required" }, "permanent_message"],
    [422, { ErrorCode: 411, Message: "Forbidden attachment type" }, "permanent_message"],
    [422, { ErrorCode: 412, Message: "Account is pending" }, "auth"],
    [422, { ErrorCode: 413, Message: "Account may not send" }, "auth"],
    [422, { ErrorCode: 1235, Message: "no such stream" }, "config"],
    [422, { ErrorCode: 9999, Message: "never heard of" }, "retry"],
    [413, {}, "permanent_message"],
    [429, { ErrorCode: 429, Message: "slow down" }, "throttled"],
    [500, { ErrorCode: 100, Message: "maintenance" }, "retry"],
    [503, { ErrorCode: 100, Message: "maintenance" }, "retry"],
    [200, { ErrorCode: 0, Message: "OK" }, "ambiguous"],
  ])("%i %j is %s", async (status, json, expected) => {
    say({ status, json });
    const [outcome] = await send(PLAIN);
    expect(outcome).toMatchObject({ class: expected, code: status });
  });

  it("to a batch that is no list of its results is unknown, and refused as a whole it is about each", async () => {
    say({ status: 200, json: [{ ErrorCode: 0, Message: "OK", MessageID: "x" }] });
    expect(await classes(NOBODY, ["a@y.test", "b@y.test"])).toEqual([
      "a@y.test ambiguous",
      "b@y.test ambiguous",
    ]);
    say({ status: 401, json: { ErrorCode: 10, Message: "bad token" } });
    expect(await classes(NOBODY, ["a@y.test", "b@y.test"])).toEqual([
      "a@y.test auth",
      "b@y.test auth",
    ]);
  });

  it("to 25 MiB is that it is too large", async () => {
    const raw = `${HEAD}\r\n${`${"x".repeat(76)}\r\n`.repeat(336_000)}`;
    expect(await send(raw)).toMatchObject([
      { class: "permanent_message", category: "size", code: 413 },
    ]);
  });
});
