import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostmarkEmulator, startPostmark } from "./src/esp/postmark.ts";
import { type SendgridEmulator, startSendgrid } from "./src/esp/sendgrid.ts";
import { ask } from "./src/relay/ask.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

const SECRET = "s3cret-of-the-account";

let sendgrid: SendgridEmulator;
let postmark: PostmarkEmulator;
let relay: Relay;
beforeAll(async () => {
  sendgrid = await startSendgrid({ key: SECRET });
  postmark = await startPostmark({ token: SECRET });
  relay = await (await makeRelay({ env: HERE })).start();
});
afterAll(async () => {
  await relay.discard();
  await Promise.all([sendgrid.close(), postmark.close()]);
});

/** Makes a provider, tries it, and lets all mail go through it. */
async function routeTo(type: string, baseUrl: string): Promise<void> {
  const body = { type, name: type, secret: SECRET, baseUrl };
  const { id } = await ask<{ id: string }>(relay, "POST", "/api/v1/providers", body);
  const tried = await ask(relay, "POST", `/api/v1/providers/${id}/test`, {});
  expect(tried).toMatchObject({ success: true });
  const then = { type: "providers", providers: [id] };
  const rule = { name: type, then, when: { recipientDomains: [`${type}.test`] } };
  await ask(relay, "POST", "/api/v1/routing-rules", rule);
}

test.each([
  ["sendgrid", () => sendgrid.url, () => sendgrid.mails.map(({ mail }) => mail.custom_args)],
  ["postmark", () => postmark.url, () => postmark.mails.map(({ mail }) => mail.Metadata)],
])(
  "mail of a tenant goes through %s that it made, and no secret is said",
  async (type, url, taken) => {
    await routeTo(type, url());
    await until(`a mail at ${type}`, async () => {
      const id = await sendOne(relay, "any", `ann@${type}.test`);
      const isIt = () => taken().some((one) => one?.["relay_id"] === id);
      return until("this mail", isIt, 2000);
    });
    expect(relay.output.join("")).not.toContain(SECRET);
  },
);
