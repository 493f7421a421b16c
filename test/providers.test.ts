import { afterAll, beforeAll, expect, test } from "vitest";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { ask } from "./src/relay/ask.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE, LOGIN, provideSink, settingsOf } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

const auth = { user: LOGIN.username, pass: LOGIN.password };
let relay: Relay;
let sinks: [Sink, Sink];
beforeAll(async () => {
  sinks = [await startSink({ auth }), await startSink({ auth })];
  relay = await (await makeRelay({ env: HERE })).start();
});
afterAll(async () => {
  await relay.discard();
  for (const sink of sinks) await sink.stop();
});

/** Hands in mails until the sink has one: the actors may read the fact a moment later than the API. */
async function reaches(sink: Sink): Promise<void> {
  let mails = 0;
  await until("a mail at the sink", async () => {
    mails += 1;
    const id = `${sink.port}-${mails}`;
    await sendOne(relay, id, "ann@example.com");
    await sink.waitFor((one) => one.mails.has(id), 2000);
    return true;
  });
}

test("mail goes through the provider that was made, with its login, and from its change on to the other place", async () => {
  const [first, second] = sinks;
  const id = await provideSink(relay, first);
  await reaches(first);
  await ask(relay, "PATCH", `/api/v1/providers/${id}`, settingsOf(second));
  await reaches(second);
  const before = first.received;
  await sendOne(relay, "last", "ann@example.com");
  await second.waitFor((one) => one.mails.has("last"), 60_000);
  expect(first.received).toBe(before);
  expect(relay.output.join("")).not.toContain(LOGIN.password);
});
