import MailgunClient from "mailgun.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./src/esp/emulator.ts";
import { Mailgun, MAILGUN_ERRORS } from "./src/esp/mailgun.ts";

const DOMAIN = "mg.example.com";
const RAW = Buffer.from(
  "From: a@mg.example.com\r\nMessage-ID: <one@here.test>\r\n\r\nHi \xe9\r\n",
  "latin1",
);

let mailgun: Mailgun;
let service: Emulator;
beforeEach(async () => {
  mailgun = new Mailgun({ domain: DOMAIN, key: "key" });
  service = await startEmulator(mailgun.handle);
});
afterEach(() => service.close());

/** The official client sends; the error is as it tells it. */
function send(to: string[], { key = "key", domain = DOMAIN } = {}) {
  const clients = new MailgunClient(FormData);
  const client = clients.client({ username: "api", key, url: service.url, useFetch: true });
  const mail = { to, message: RAW, "v:relay_id": "01H", "o:tag": ["x", "y"], "o:tracking": "no" };
  type Mail = Parameters<typeof client.messages.create>[1];
  return client.messages.create(domain, mail as unknown as Mail);
}

test("the official client is understood: envelope, bytes, options and variables", async () => {
  expect(await send(["b@x.test", "c@y.test"])).toEqual({
    status: 200,
    id: "<one@here.test>",
    message: "Queued. Thank you.",
  });
  expect(mailgun.mails).toEqual([
    {
      to: ["b@x.test", "c@y.test"],
      message: RAW,
      fields: { "v:relay_id": ["01H"], "o:tag": ["x", "y"], "o:tracking": ["no"] },
    },
  ]);
});

test.each(Object.entries(MAILGUN_ERRORS))(
  "it reads the error %s",
  async (name, { status, json }) => {
    const details = (json as { message: string } | undefined)?.message;
    await expect(send([`emulate-${name}@x.test`])).rejects.toMatchObject({
      status,
      ...(details && { details }),
    });
    expect(mailgun.mails).toEqual([]);
  },
);

test("it is refused with another key, another domain, a bad address, or too many", async () => {
  await expect(send(["b@x.test"], { key: "other" })).rejects.toMatchObject({ status: 401 });
  await expect(send(["b@x.test"], { domain: "other.test" })).rejects.toMatchObject({ status: 404 });
  await expect(send(["b@x.test", "no address"])).rejects.toMatchObject({
    status: 400,
    details: "'to' parameter is not a valid address. please check documentation",
  });
  const many = Array.from({ length: 1001 }, (_, at) => `r${at}@x.test`);
  await expect(send(many)).rejects.toMatchObject({ status: 400 });
  expect(mailgun.mails).toEqual([]);
});
