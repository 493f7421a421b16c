import {
  GetAccountCommand,
  SESv2Client,
  SendEmailCommand,
  type SendEmailRequest,
} from "@aws-sdk/client-sesv2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./emulator.ts";
import { SesEmulator } from "./ses.ts";

const RAW = Buffer.from(
  "From: a@sender.test\r\nTo: visible@else.test\r\n\r\ncaf\xe9 \x80\r\n",
  "latin1",
);
const KEYS = {
  AKIAGOOD: { secret: "the secret" },
  ASIATEMP: { secret: "for an hour", sessionToken: "token+/=" },
  ASIAOVER: { secret: "for an hour", sessionToken: "token", expired: true },
};
const GOOD = { accessKeyId: "AKIAGOOD", secretAccessKey: "the secret" };

let service: Emulator;
let ses: SesEmulator;
let skew = 0;
const clients: SESv2Client[] = [];

beforeEach(async () => {
  skew = 0;
  ses = new SesEmulator({
    keys: KEYS,
    region: "eu-west-1",
    now: () => Date.now() + skew,
    verified: ["sender.test", "verified.test"],
    sandbox: false,
    configurationSets: ["events"],
    perSecond: 40,
    perDay: 60,
  });
  service = await startEmulator(ses.handle);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await service.close();
});

function sdk(more: object = {}): SESv2Client {
  const settings = {
    endpoint: service.url,
    region: "eu-west-1",
    credentials: GOOD,
    maxAttempts: 1,
  };
  const client = new SESv2Client({ ...settings, ...more });
  clients.push(client);
  return client;
}

const to = (...addresses: string[]) => ({ Destination: { BccAddresses: addresses } });
const ask = (change: Partial<SendEmailRequest> = {}, client = sdk()) => {
  const mail = { Content: { Raw: { Data: RAW } }, ...to("r@y.test"), ...change };
  return client.send(new SendEmailCommand(mail));
};

describe("the official client", () => {
  test("hands over a raw message, and reads its id", async () => {
    const change = {
      Destination: {
        ToAddresses: ["one@y.test"],
        CcAddresses: ["two@y.test"],
        BccAddresses: ["three@y.test"],
      },
      EmailTags: [{ Name: "relay_id", Value: "01HZ" }],
      ConfigurationSetName: "events",
      FeedbackForwardingEmailAddress: "bounces@sender.test",
    };
    const { MessageId, $metadata } = await ask(change);
    expect($metadata.httpStatusCode).toBe(200);
    expect(ses.mails).toEqual([
      {
        messageId: MessageId,
        raw: RAW,
        recipients: ["one@y.test", "two@y.test", "three@y.test"],
        call: change,
      },
    ]);
  });

  test("asks after the account", async () => {
    const account = await sdk().send(new GetAccountCommand());
    expect(account).toMatchObject({ SendingEnabled: true, ProductionAccessEnabled: true });
    const wrong = sdk({ credentials: { ...GOOD, secretAccessKey: "another" } });
    await expect(wrong.send(new GetAccountCommand())).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
  });

  test("is believed with the token of a session", async () => {
    const credentials = {
      accessKeyId: "ASIATEMP",
      secretAccessKey: "for an hour",
      sessionToken: "token+/=",
    };
    expect(await ask({}, sdk({ credentials }))).toMatchObject({ MessageId: expect.any(String) });
  });
});

describe("who is not who they say", () => {
  const temporary = { accessKeyId: "ASIATEMP", secretAccessKey: "for an hour" };
  test.each([
    [
      "a wrong secret",
      { credentials: { ...GOOD, secretAccessKey: "another" } },
      "InvalidSignatureException",
    ],
    [
      "an unknown key",
      { credentials: { ...GOOD, accessKeyId: "AKIANONE" } },
      "UnrecognizedClientException",
    ],
    ["another region", { region: "us-east-1" }, "InvalidSignatureException"],
    ["no session token", { credentials: temporary }, "UnrecognizedClientException"],
    [
      "another session token",
      { credentials: { ...temporary, sessionToken: "x" } },
      "UnrecognizedClientException",
    ],
    [
      "an old session",
      { credentials: { ...temporary, accessKeyId: "ASIAOVER", sessionToken: "token" } },
      "ExpiredTokenException",
    ],
  ])("%s is refused", async (_, settings, name) => {
    await expect(ask({}, sdk(settings))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 403 },
    });
    expect(ses.mails).toEqual([]);
  });

  test.each([
    [6, /Signature expired/],
    [-6, /Signature not yet current/],
  ])("a clock that is %i minutes off is refused", async (minutes, message) => {
    skew = minutes * 60_000;
    await expect(ask()).rejects.toMatchObject({ name: "InvalidSignatureException", message });
    skew = minutes * 40_000;
    await expect(ask()).resolves.toMatchObject({ MessageId: expect.any(String) });
  });
});

const post = (headers: Record<string, string>, body: string | Buffer) =>
  fetch(`${service.url}/v2/email/outbound-emails`, {
    method: "POST",
    headers,
    body: Buffer.from(body),
  });

/** A request of the official client as it came on the wire. */
async function signedHeaders(): Promise<[Record<string, string>, Buffer]> {
  await ask();
  const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] = service.asked;
  const kept = Object.entries(headers).filter(
    ([name]) => !/^(host|content-length|connection|transfer-encoding)$/.test(name),
  );
  return [Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), body];
}

describe("a signature", () => {
  test("is for its bytes: repeated as they are they pass, with one changed they do not", async () => {
    const [headers, body] = await signedHeaders();
    expect((await post(headers, body)).status).toBe(200);
    const changed = Buffer.from(body);
    changed.write("x", body.indexOf("r@y.test"));
    expect((await post(headers, changed)).status).toBe(403);
  });

  test("covers every x-amz field", async () => {
    const [headers, body] = await signedHeaders();
    const reply = await post({ ...headers, "x-amz-another": "1" }, body);
    expect(reply.status).toBe(403);
    expect(reply.headers.get("x-amzn-errortype")).toMatch(/^InvalidSignatureException:http/);
    expect(await reply.json()).toEqual({ message: expect.stringContaining("SignedHeader") });
  });

  test.each([
    [{}, 403, "MissingAuthenticationTokenException"],
    [{ authorization: "AWS4-HMAC-SHA256 nothing" }, 400, "IncompleteSignatureException"],
    [{ authorization: "AWS AKIAGOOD:x" }, 400, "IncompleteSignatureException"],
  ])("that is %j is refused", async (headers, status, type) => {
    const reply = await post({ "content-type": "application/json", ...headers }, "{}");
    expect(reply.status).toBe(status);
    expect(reply.headers.get("x-amzn-errortype")).toContain(type);
  });

  test("does not make another type or address of a request right", async () => {
    expect((await post({ "content-type": "text/plain" }, "{}")).status).toBe(415);
    expect((await fetch(`${service.url}/elsewhere`)).status).toBe(404);
  });
});

const raw = (data: Uint8Array) => ({ Content: { Raw: { Data: data } } });
const many = (count: number) => Array.from({ length: count }, (_, at) => `r${at}@y.test`);

describe("what the service refuses, the official client reads as its error", () => {
  test.each<[string, Partial<SendEmailRequest>, string, RegExp]>([
    ["51 recipients", to(...many(51)), "BadRequestException", /count exceeds 50/],
    ["a non-ASCII local part", to("ä@y.test"), "BadRequestException", /Illegal address/],
    ["a non-ASCII domain", to("a@ÿ.test"), "BadRequestException", /Invalid domain name/],
    ["no domain", to("a"), "BadRequestException", /Missing final '@domain'/],
    [
      "a tag with other letters",
      { EmailTags: [{ Name: "a b", Value: "x" }] },
      "BadRequestException",
      /Invalid tag/,
    ],
    [
      "an empty tag",
      { EmailTags: [{ Name: "a", Value: "" }] },
      "BadRequestException",
      /Invalid tag/,
    ],
    [
      "a tag of 257",
      { EmailTags: [{ Name: "a", Value: "x".repeat(257) }] },
      "BadRequestException",
      /Invalid tag/,
    ],
    [
      "an unknown set",
      { ConfigurationSetName: "none" },
      "NotFoundException",
      /<none> does not exist/,
    ],
    ["no From", raw(Buffer.from("To: x@y.test\r\n\r\n")), "BadRequestException", /'From'/],
    [
      "an unverified From",
      raw(Buffer.from("From: x@other.test\r\n\r\n")),
      "MessageRejected",
      /EU-WEST-1: x@other\.test/,
    ],
    [
      "an unverified address for bounces",
      { FeedbackForwardingEmailAddress: "b@other.test" },
      "MessageRejected",
      /b@other\.test/,
    ],
    [
      "more than 40 MiB of base64",
      raw(Buffer.alloc(31 * 1024 * 1024, "x")),
      "BadRequestException",
      /more than 41943040 bytes/,
    ],
  ])("%s", async (_, change, name, message) => {
    await expect(ask(change)).rejects.toMatchObject({ name, message });
    expect(ses.mails).toEqual([]);
  });

  test("more in a second, and in a day, than the account may", async () => {
    await ask(to(...many(40)));
    const name = "TooManyRequestsException";
    await expect(ask()).rejects.toMatchObject({ name, message: /^Maximum sending rate/ });
    skew = 2_000;
    await expect(ask(to(...many(21)))).rejects.toMatchObject({
      name,
      message: /^Daily message quota/,
    });
    await expect(ask(to(...many(20)))).resolves.toMatchObject({ MessageId: expect.any(String) });
  });

  test("an error that it is told to answer", async () => {
    ses.refuseNext("SendingPausedException", "Sending is paused.");
    await expect(ask()).rejects.toMatchObject({
      name: "SendingPausedException",
      message: "Sending is paused.",
    });
    await expect(ask()).resolves.toMatchObject({ MessageId: expect.any(String) });
  });
});

test("in the sandbox recipients must be verified too", async () => {
  await service.close();
  ses = new SesEmulator({
    keys: KEYS,
    region: "eu-west-1",
    verified: ["sender.test"],
    sandbox: true,
  });
  service = await startEmulator(ses.handle);
  await expect(ask()).rejects.toMatchObject({ name: "MessageRejected", message: /r@y\.test/ });
  await ask(to("r@sender.test"));
  expect(ses.mails).toHaveLength(1);
});
