import { afterAll, beforeAll, expect, test } from "vitest";
import { openDialogue, type Dialogue } from "./src/mail/smtp-dialogue.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { until } from "./src/relay/until.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await makeRelay();
  await relay.start();
});
afterAll(() => relay.discard());

type Made = { id: string; username: string; password: string };

const command = (method: string, path: string, body?: object) =>
  relay.api(`/api/v1/smtp-credentials${path}`, {
    method,
    ...(body && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });

const loginOf = ({ username, password }: Made): string =>
  `AUTH PLAIN ${Buffer.from(`\0${username}\0${password}`).toString("base64")}`;

async function ask(dialogue: Dialogue, line: string): Promise<number> {
  dialogue.send(line);
  return (await dialogue.reply()).code;
}

/** A session that greeted. */
async function greeted(): Promise<Dialogue> {
  const dialogue = await openDialogue(relay.smtpPort);
  await dialogue.reply();
  await ask(dialogue, "EHLO client.test");
  return dialogue;
}

test("a credential made by the API lets mail in, and ends for an open session once revoked", async () => {
  const answer = await command("POST", "", { name: "the shop" });
  expect(answer.status).toBe(201);
  const made = (await answer.json()) as Made;
  const session = await greeted();
  await until("the login", async () => (await ask(session, loginOf(made))) === 235);
  expect(await ask(session, "MAIL FROM:<a@x.test>")).toBe(250);
  expect(await ask(session, "RSET")).toBe(250);

  expect((await command("DELETE", `/${made.id}`)).status).toBe(204);
  await until("the refusal", async () => {
    const code = await ask(session, "MAIL FROM:<a@x.test>");
    if (code === 250) await ask(session, "RSET");
    return code === 535;
  });
  expect(await ask(await greeted(), loginOf(made))).toBe(535);
});
