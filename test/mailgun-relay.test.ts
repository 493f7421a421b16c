import { afterAll, beforeAll, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./src/esp/emulator.ts";
import { Mailgun } from "./src/esp/mailgun.ts";
import { Resend } from "./src/esp/resend.ts";
import { ask } from "./src/relay/ask.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

const KEYS = { mailgun: "k3y-of-mailgun", resend: "re_k3y-of-resend" };
const mailgun = new Mailgun({ domain: "mg.example.com", key: KEYS.mailgun });
const resend = new Resend({ key: KEYS.resend });
let services: [Emulator, Emulator];
let relay: Relay;
beforeAll(async () => {
  services = [await startEmulator(mailgun.handle), await startEmulator(resend.handle)];
  relay = await (await makeRelay({ env: HERE })).start();
});
afterAll(async () => {
  await relay.discard();
  for (const service of services) await service.close();
});

/** Hands in mails until one comes there: the actors may read the fact a moment later than the API. */
async function reaches(where: string, came: (id: string) => boolean): Promise<void> {
  await until(`a mail at ${where}`, async () => {
    const id = await sendOne(relay, "any", "ann@example.com");
    return until("this mail", () => came(id), 2000);
  });
}

/** What sends all mail to a provider. */
const to = ({ id }: { id: string }) => ({ then: { type: "providers", providers: [id] } });

test("mail of a tenant goes through the Mailgun that it made, then through its Resend, and no key is said", async () => {
  const [{ url: atMailgun }, { url: atResend }] = services;
  const make = (body: object) => ask<{ id: string }>(relay, "POST", "/api/v1/providers", body);
  const one = { type: "mailgun", name: "M", secret: KEYS.mailgun, domain: "mg.example.com" };
  const first = await make({ ...one, baseUrl: atMailgun });
  const second = await make({
    type: "resend",
    name: "R",
    secret: KEYS.resend,
    baseUrl: atResend,
  });
  const rules = "/api/v1/routing-rules";
  const rule = await ask<{ id: string }>(relay, "POST", rules, { name: "all", ...to(first) });
  await reaches("Mailgun", (id) =>
    mailgun.mails.some(({ fields }) => fields["v:relay_id"]?.[0] === id),
  );
  expect(mailgun.mails.at(-1)?.to).toEqual(["ann@example.com"]);
  expect(mailgun.mails.at(-1)?.message.toString()).toMatch(/^Received: [^]*\r\nX-Test-Id: any\r\n/);
  await ask(relay, "PATCH", `${rules}/${rule.id}`, to(second));
  await reaches("Resend", (id) => resend.mails.some(({ tags }) => tags?.[0]?.value === id));
  expect(resend.mails.at(-1)?.to).toEqual(["ann@example.com"]);
  for (const key of Object.values(KEYS)) expect(relay.output.join("")).not.toContain(key);
});
