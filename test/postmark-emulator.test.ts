import { Errors, Models, ServerClient } from "postmark";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { type PostmarkEmulator, startPostmark } from "./src/esp/postmark.ts";

let service: PostmarkEmulator;
let sdk: ServerClient;

const sdkWith = (token: string) =>
  new ServerClient(token, { useHttps: false, requestHost: new URL(service.url).host, timeout: 30 });

beforeEach(async () => {
  service = await startPostmark({
    token: "token",
    inactive: ["gone@y.test", "left@y.test"],
    domains: ["x.test"],
  });
  sdk = sdkWith("token");
});
afterEach(() => service.close());

const MAIL = { From: "Ann <ann@x.test>", To: "bob@y.test", Subject: "s", TextBody: "t" };

test("a mail of the official client is taken as it was meant", async () => {
  const mail = {
    ...MAIL,
    To: '"Bob, the Builder" <bob@y.test>, eve@y.test',
    Headers: [{ Name: "X-Kind", Value: "one" }],
    Attachments: [new Models.Attachment("a.txt", "aGk=", "text/plain", "cid:a")],
    Metadata: { relay_id: "m1" },
    TrackLinks: Models.LinkTrackingOptions.None,
  };
  const reply = await sdk.sendEmail(mail);
  expect(reply).toMatchObject({ ErrorCode: 0, Message: "OK", To: mail.To });
  expect(service.mails).toMatchObject([
    { id: reply.MessageID, mail: { Metadata: { relay_id: "m1" } } },
  ]);
});

test("of a batch each mail has its own result", async () => {
  const replies = await sdk.sendEmailBatch([
    MAIL,
    { ...MAIL, To: "gone@y.test" },
    { ...MAIL, To: "x" },
  ]);
  expect(replies.map(({ ErrorCode }) => ErrorCode)).toEqual([0, 406, 300]);
  expect(service.mails).toHaveLength(1);
});

describe("the official client reads as its own error", () => {
  it("inactive recipients, all of them", async () => {
    const asked = sdk.sendEmail({ ...MAIL, To: "gone@y.test, left@y.test" });
    const error = await asked.catch((one: unknown) => one);
    expect(error).toBeInstanceOf(Errors.InactiveRecipientsError);
    expect(error).toMatchObject({ recipients: ["gone@y.test", "left@y.test"] });
  });

  it.each([
    [{ To: "no address" }, 300],
    [{ To: Array.from({ length: 51 }, (_, at) => `r${at}@y.test`).join(",") }, 300],
    [{ TextBody: "" }, 300],
    [{ To: "jörg@y.test" }, 300],
    [{ From: "a@other.test" }, 400],
    [{ Metadata: { a: "x".repeat(81) } }, 403],
    [{ Attachments: [new Models.Attachment("a.exe", "aGk=", "application/pdf")] }, 411],
    [{ MessageStream: "none" }, 1235],
  ])("%j, which is %i", async (change, code) => {
    const error = await sdk.sendEmail({ ...MAIL, ...change }).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(Errors.ApiInputError);
    expect(error).toMatchObject({ code, statusCode: 422 });
    expect(service.mails).toEqual([]);
  });

  it("a wrong token", async () => {
    await expect(sdkWith("wrong").sendEmail(MAIL)).rejects.toBeInstanceOf(
      Errors.InvalidAPIKeyError,
    );
  });

  it.each([
    [429, Errors.RateLimitExceededError],
    [500, Errors.InternalServerError],
    [503, Errors.ServiceUnavailablerError],
  ])("a %i", async (status, kind) => {
    service.fail({ kind: "answer", said: { status, json: { ErrorCode: 100, Message: "later" } } });
    await expect(sdk.sendEmail(MAIL)).rejects.toBeInstanceOf(kind);
  });
});

it.each([
  ["GET", "/email", {}, 405],
  ["POST", "/other", {}, 404],
  ["POST", "/email", { "content-type": "text/plain" }, 422],
  ["POST", "/email", { accept: "*/*" }, 422],
  ["POST", "/email", {}, 422],
  ["POST", "/email/batch", {}, 422],
])("answers %s %s with %j as it should", async (method, path, more, status) => {
  const json = { accept: "application/json", "content-type": "application/json" };
  const headers = { "x-postmark-server-token": "token", ...json, ...more };
  const body = method === "GET" ? {} : { body: "{" };
  const reply = await fetch(`${service.url}${path}`, { method, headers, ...body });
  expect(reply.status).toBe(status);
});
