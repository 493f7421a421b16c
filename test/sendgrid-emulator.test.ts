import sdk from "@sendgrid/mail";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { type SendgridEmulator, startSendgrid } from "./src/esp/sendgrid.ts";

type Client = { setDefaultRequest(name: string, value: string): void };

let service: SendgridEmulator;

/** The client is one object; a key sends it back to SendGrid itself. */
function login(key: string): void {
  sdk.setApiKey(key);
  const { client } = sdk as unknown as { client: Client };
  client.setDefaultRequest("baseUrl", `${service.url}/`);
}

beforeEach(async () => {
  service = await startSendgrid({ key: "SG.key", domains: ["x.test"] });
  login("SG.key");
});
afterEach(() => service.close());

const MAIL = { from: "Ann <ann@x.test>", to: "bob@y.test", subject: "s", text: "t" };

const refusal = async (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: { code?: number; response?: { body?: { errors?: object[] } } }) => ({
      code: error.code,
      errors: error.response?.body?.errors,
    }),
  );

test("a mail of the official client is taken as it was meant", async () => {
  const [response] = await sdk.send({
    ...MAIL,
    cc: ["carl@y.test"],
    replyTo: "r@x.test",
    html: "<b>h</b>",
    attachments: [
      {
        content: "aGk=",
        filename: "a.txt",
        type: "text/plain",
        disposition: "inline",
        content_id: "a",
      } as object as never,
    ],
    headers: { "X-Kind": "one" },
    customArgs: { relay_id: "m1" },
    trackingSettings: { clickTracking: { enable: false } },
  });
  expect(response.statusCode).toBe(202);
  expect(service.mails).toMatchObject([
    {
      id: response.headers["x-message-id"],
      mail: {
        from: { email: "ann@x.test", name: "Ann" },
        personalizations: [{ to: [{ email: "bob@y.test" }], cc: [{ email: "carl@y.test" }] }],
        content: [
          { type: "text/plain", value: "t" },
          { type: "text/html", value: "<b>h</b>" },
        ],
        custom_args: { relay_id: "m1" },
      },
    },
  ]);
});

describe("the official client reads as its own error", () => {
  it.each([
    ["no address", { to: "bob" }, 400, { field: "personalizations.0.to.0.email" }],
    ["a double", { cc: "BOB@y.test" }, 400, { message: expect.stringContaining("unique") }],
    ["an empty text", { text: "", html: "" }, 400, { field: "content.0.value" }],
    ["no subject", { subject: "" }, 400, { field: "subject" }],
    [
      "a field it owns",
      { headers: { "DKIM-Signature": "x" } },
      400,
      { field: "headers.DKIM-Signature" },
    ],
    ["long arguments", { customArgs: { a: "x".repeat(10_000) } }, 400, { field: "custom_args" }],
    ["an unknown sender", { from: "a@other.test" }, 403, { field: "from" }],
  ])("%s", async (_, change, code, error) => {
    const mail = { ...MAIL, ...change };
    const content = [{ type: "text/plain", value: mail.text }] as never;
    const refused = await refusal(sdk.send(mail.text === "" ? { ...mail, content } : mail));
    expect(refused).toMatchObject({
      code,
      errors: expect.arrayContaining([expect.objectContaining(error)]),
    });
    expect(service.mails).toEqual([]);
  });

  it("a wrong key", async () => {
    login("SG.wrong");
    expect(await refusal(sdk.send(MAIL))).toMatchObject({ code: 401 });
  });

  it("more recipients than it takes", async () => {
    const to = Array.from({ length: 1001 }, (_, at) => `r${at}@y.test`);
    expect(await refusal(sdk.send({ ...MAIL, to }))).toMatchObject({ code: 400 });
  });

  it.each([429, 500, 503])("a %i", async (status) => {
    service.fail({ kind: "answer", said: { status, json: { errors: [{ message: "later" }] } } });
    const refused = await refusal(sdk.send(MAIL));
    expect(refused).toMatchObject({ code: status, errors: [{ message: "later" }] });
  });
});

it.each([
  ["GET", "/v3/mail/send", {}, 405],
  ["POST", "/v3/other", {}, 404],
  ["POST", "/v3/mail/send", { "content-type": "text/plain" }, 415],
  ["POST", "/v3/mail/send", { accept: "text/html" }, 406],
  ["POST", "/v3/mail/send", {}, 400],
])("answers %s %s with %j as it should", async (method, path, more, status) => {
  const headers = { authorization: "Bearer SG.key", "content-type": "application/json", ...more };
  const body = method === "GET" ? {} : { body: "{" };
  const reply = await fetch(`${service.url}${path}`, { method, headers, ...body });
  expect(reply.status).toBe(status);
});

it("refuses more than 30 MB", async () => {
  const headers = { authorization: "Bearer SG.key", "content-type": "application/json" };
  const body = Buffer.alloc(30 * 1024 * 1024 + 1, 0x20);
  const reply = await fetch(`${service.url}/v3/mail/send`, { method: "POST", headers, body });
  expect(reply.status).toBe(413);
});
