import { Resend as ResendClient } from "resend";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./src/esp/emulator.ts";
import { Resend, RESEND_ERRORS } from "./src/esp/resend.ts";

let resend: Resend;
let service: Emulator;
beforeEach(async () => {
  resend = new Resend({ key: "re_key" });
  service = await startEmulator(resend.handle);
});
afterEach(() => service.close());

/** The official client sends; its answer holds the mail's id or the error. */
function send(to: string[], { key = "re_key", subject = "s", idempotencyKey = "" } = {}) {
  const client = new ResendClient(key, { baseUrl: service.url });
  const mail = { from: "Ann <ann@d.test>", to, subject, text: "hi", replyTo: "r@d.test" };
  const attachments = [{ filename: "a.txt", content: Buffer.from("a"), contentType: "text/plain" }];
  const tags = [{ name: "relay_id", value: "01H" }];
  return client.emails.send({ ...mail, attachments, tags }, { idempotencyKey });
}

test("the official client is understood", async () => {
  const { data, error } = await send(["b@x.test", "c@y.test"], { idempotencyKey: "k" });
  expect(error).toBeNull();
  expect(resend.mails).toEqual([
    {
      id: data?.id,
      idempotencyKey: "k",
      from: "Ann <ann@d.test>",
      to: ["b@x.test", "c@y.test"],
      reply_to: ["r@d.test"],
      subject: "s",
      text: "hi",
      attachments: [{ filename: "a.txt", content: "YQ==", content_type: "text/plain" }],
      tags: [{ name: "relay_id", value: "01H" }],
    },
  ]);
});

test.each(Object.entries(RESEND_ERRORS))("it reads the error %s", async (name, { json }) => {
  const { data, error } = await send([`emulate+${name}@x.test`]);
  expect(data).toBeNull();
  expect(error).toEqual(json);
  expect(resend.mails).toEqual([]);
});

test("a key that is used again sends nothing, and with another payload is refused", async () => {
  const first = await send(["b@x.test"], { idempotencyKey: "k" });
  const again = await send(["b@x.test"], { idempotencyKey: "k" });
  expect(again.data?.id).toBe(first.data?.id);
  const other = await send(["b@x.test"], { idempotencyKey: "k", subject: "other" });
  expect(other.error).toMatchObject({ statusCode: 409, name: "invalid_idempotent_request" });
  expect(resend.mails).toHaveLength(1);
});

test("it refuses another key, too many recipients, and what is no address", async () => {
  const many = Array.from({ length: 51 }, (_, at) => `r${at}@x.test`);
  expect((await send(["b@x.test"], { key: "re_other" })).error?.name).toBe("invalid_api_key");
  expect((await send(many)).error).toMatchObject({ statusCode: 422, name: "validation_error" });
  expect((await send(["b@x.test", "nobody"])).error?.message).toBe("Invalid `to` field.");
  expect(resend.mails).toEqual([]);
});
