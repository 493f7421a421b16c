import { afterAll, beforeAll, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./src/esp/emulator.ts";
import { SesEmulator } from "./src/esp/ses.ts";
import { ask } from "./src/relay/ask.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const ACCOUNT = { region: "eu-west-1", accessKeyId: "AKIAGOOD" };

const ses = new SesEmulator({ keys: { AKIAGOOD: { secret: SECRET } }, region: "eu-west-1" });
let service: Emulator;
let relay: Relay;
beforeAll(async () => {
  service = await startEmulator(ses.handle);
  relay = await (await makeRelay({ env: HERE })).start();
});
afterAll(async () => {
  await relay.discard();
  await service.close();
});

/** Hands in mails until SES has one: the actors may read the fact a moment later than the API. */
async function reachesSes(): Promise<void> {
  await until("a mail at SES", async () => {
    const id = await sendOne(relay, "any", "ann@example.com");
    const isIt = () => ses.mails.some(({ call }) => call.EmailTags?.[0]?.Value === id);
    return until("this mail", isIt, 2000);
  });
}

test("mail of a tenant goes through the Amazon SES that it made, and no secret is said", async () => {
  const body = { type: "ses", name: "SES", secret: SECRET, baseUrl: service.url, ...ACCOUNT };
  const { id } = await ask<{ id: string }>(relay, "POST", "/api/v1/providers", body);
  const then = { type: "providers", providers: [id] };
  await ask(relay, "POST", "/api/v1/routing-rules", { name: "all", then });
  await reachesSes();
  expect(ses.mails.at(-1)).toMatchObject({ recipients: ["ann@example.com"] });
  expect(ses.mails.at(-1)?.raw.toString()).toMatch(
    /^X-Relay-Id: \S+\r\n(?:[^]*\r\n)?X-Test-Id: any\r\n/,
  );
  expect(relay.output.join("")).not.toContain(SECRET);
});
