import { afterAll, beforeAll, expect, test } from "vitest";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { makePerson, type Person } from "./src/relay/person.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE, LOGIN } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

const SETTINGS = "/api/smtp/settings";
const TO = "bob@example.com";

let relay: Relay;
let own: Sink;
let shared: Sink;
let ann: Person;

beforeAll(async () => {
  own = await startSink({ auth: { user: LOGIN.username, pass: LOGIN.password } });
  shared = await startSink();
  const env = { ...HERE, WAYBILL_RELAY_URL: shared.url };
  relay = await (await makeRelay({ env })).start();
  ann = await makePerson(relay, "ann@example.com");
});
afterAll(async () => {
  await relay.discard();
  await Promise.all([own.stop(), shared.stop()]);
});

const settings = () => ({
  host: "127.0.0.1",
  port: own.port,
  user: LOGIN.username,
  pass: LOGIN.password,
});

/** Hands in mails of ann until one is at the sink: other stages may read a change a moment later than the API. */
const reaches = (sink: Sink, name: string): Promise<string> => {
  let mails = 0;
  return until(`a mail at ${name}`, async () => {
    mails += 1;
    const id = `${sink.port}-${name}-${mails}`;
    const message = await sendOne(relay, id, TO, ann.login);
    await sink.waitFor((one) => one.mails.has(id), 2000);
    return message;
  });
};

type Told = { status: string; attemptLog: { status: string; provider: string; attempt: number }[] };

const toldOf = (message: string): Promise<Told> =>
  until("the message's end", async () => {
    const answer = await relay.api(`/api/v1/messages/${message}`);
    const told = (await answer.json()) as Told;
    return told.status === "delivered" && told;
  });

test("a person's mail goes through their own server, without it by the usual way, and is told of", async () => {
  const provider = `user:${ann.id}`;
  expect((await ann.api("POST", "/api/smtp/test", settings())).status).toBe(200);
  expect((await ann.api("POST", SETTINGS, settings())).status).toBe(200);
  const first = await toldOf(await reaches(own, "own"));
  expect(first.attemptLog).toMatchObject([{ status: "delivered", provider }]);

  await sendOne(relay, "not-ann", TO);
  await shared.waitFor(({ mails }) => mails.has("not-ann"), 60_000);

  await own.pause();
  const message = await sendOne(relay, "failover", TO, ann.login);
  await shared.waitFor(({ mails }) => mails.has("failover"), 60_000);
  expect((await toldOf(message)).attemptLog).toMatchObject([
    { attempt: 1, status: "failed", provider },
    { attempt: 1, status: "delivered", provider: "environment" },
  ]);
  const health = await ann.api("GET", "/api/smtp/health");
  expect(await health.json()).toMatchObject({ state: "failing", lastError: { class: "retry" } });

  await own.resume();
  await reaches(own, "own-again");
  expect((await ann.api("GET", SETTINGS)).status).toBe(200);
  expect((await ann.api("DELETE", SETTINGS)).status).toBe(200);
  const last = await reaches(shared, "global");
  expect((await toldOf(last)).attemptLog).toMatchObject([{ provider: "environment" }]);

  expect([...ann.answers, ...relay.output].join("")).not.toContain(LOGIN.password);
  expect([...own.duplicates(), ...shared.duplicates()]).toEqual([]);
});
