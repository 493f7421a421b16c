import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { processesWithin } from "./src/relay/processes.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { rotate } from "./src/relay/rotate.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE, LOGIN, provideSink } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

let relay: Relay;
let sink: Sink;
beforeAll(async () => {
  sink = await startSink({ auth: { user: LOGIN.username, pass: LOGIN.password } });
  relay = await (await makeRelay({ env: HERE })).start();
});
afterAll(async () => {
  await relay.discard();
  await sink.stop();
});

const keptKey = () => readFileSync(join(relay.data, "secret"), "utf8");

/** A mail that arrives needs the client's login, the API key's hash and the provider's password. */
async function delivers(id: string): Promise<void> {
  const messageId = await sendOne(relay, id, "ann@example.com");
  await sink.waitFor((one) => one.mails.has(id), 60_000);
  await until("the view", async () => (await relay.api(`/api/v1/messages/${messageId}`)).ok);
}

async function refusalWith(master: string): Promise<string> {
  const other = await makeRelay({ data: relay.data, env: { WAYBILL_SECRET: master } });
  const { code, stderr } = await other.run();
  expect(code).toBe(1);
  await until("nothing left", () => processesWithin(relay.data).length === 0);
  return stderr;
}

test("after a change of the master key logins, keys and providers are what they were, and the old key starts nothing", async () => {
  await provideSink(relay, sink);
  await until("the provider", async () => {
    await sendOne(relay, "before", "ann@example.com");
    await sink.waitFor((one) => one.mails.has("before"), 2000);
    return true;
  });
  await expect(rotate(relay)).rejects.toThrow(/in use by another process/);
  await relay.stop("SIGKILL");
  await until("nothing left", () => processesWithin(relay.data).length === 0);

  const old = keptKey();
  const printed = await rotate(relay);
  expect(JSON.parse(printed)).toEqual({ resealed: 2, dataKeys: 1, secrets: 1 });
  expect(keptKey()).not.toBe(old);
  expect(printed).not.toContain(keptKey());
  expect(await refusalWith(old)).toMatch(
    /^waybill cannot start: the master key is not the one .+\n {2}hint: .+\n$/,
  );

  await relay.start();
  await delivers("after");
});
