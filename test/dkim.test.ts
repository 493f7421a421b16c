import { afterAll, beforeAll, expect, test } from "vitest";
import { putEntity } from "@waybill/runtime";
import type { DkimKey, MailEvent } from "@waybill/schemas";
import { openLog } from "./src/faults/log-access.ts";
import { hasPythonDkim, pythonVerdicts } from "./src/mail/python-dkim.ts";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { ask } from "./src/relay/ask.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { until } from "./src/relay/until.ts";

type Made = { id: string; record: { value: string } };
type Told = { items: { event: MailEvent }[] };

let relay: Relay;
let sink: Sink;
const records: Record<string, string> = {};

beforeAll(async () => {
  sink = await startSink({ keep: "raw" });
  relay = await makeRelay({ env: { WAYBILL_RELAY_URL: sink.url } });
  await relay.start();
  for (const algorithm of ["rsa", "ed25519"]) {
    const body = { domain: "example.com", algorithm };
    const { id, record } = await ask<Made>(relay, "POST", "/api/v1/dkim-keys", body);
    records[id] = record.value;
  }
});
afterAll(async () => {
  await relay.discard();
  await sink.stop();
});

const rawOf = (id: string) =>
  sink.raws.find(({ raw }) => raw.includes(`X-Test-Id: ${id}\r\n`))?.raw;

/** Hands in mails until one arrives with both signatures: the actors may read of the keys a moment later. */
const signedMail = () =>
  until("a signed mail at the sink", async () => {
    const id = `signed-${sink.received}`;
    const queued = await sendOne(relay, id, "ann@y.test");
    await sink.waitFor((one) => one.mails.has(id), 20_000);
    const raw = rawOf(id) ?? Buffer.alloc(0);
    const signatures = raw.toString("latin1").match(/^DKIM-Signature:/gm) ?? [];
    return signatures.length === 2 && { raw, queued };
  });

test("what goes out is what was kept, byte by byte, with its signatures before it", async () => {
  const { raw, queued } = await signedMail();
  const kept = Buffer.from(await (await relay.api(`/api/v1/messages/${queued}/raw`)).arrayBuffer());
  const before = raw.subarray(0, raw.length - kept.length);
  expect(raw.subarray(before.length).equals(kept)).toBe(true);
  expect(before.toString()).toMatch(
    /^DKIM-Signature: (?:(?!\r\n\S)[^])*\r\nDKIM-Signature: (?:(?!\r\n\S)[^])*\r\n$/,
  );
});

const both = (valid: boolean) => [1, 2].map(() => ({ domain: "example.com", valid }));

test.skipIf(!hasPythonDkim())(
  "dkimpy passes both signatures, and none of a changed mail",
  async () => {
    const { raw } = await signedMail();
    expect(pythonVerdicts(raw, records)).toEqual(both(true));
    const changed = Buffer.from(
      raw.toString("latin1").replace("Subject: ", "Subject: not "),
      "latin1",
    );
    expect(pythonVerdicts(changed, records)).toEqual(both(false));
    const forged = Buffer.concat([Buffer.from("From: <eve@evil.test>\r\n"), raw]);
    expect(pythonVerdicts(forged, records)).toEqual(both(false));
  },
);

/** A key as only a damaged log, or a lost data key, leaves it. */
async function breakKey(id: string): Promise<void> {
  const { tenant } = relay.credentials;
  const nats = await openLog(relay.engines.natsUrl);
  const [selector = ""] = id.split(".");
  const what = { domain: "example.com", selector, algorithm: "ed25519", publicKey: "x" } as const;
  const [sealedPrivateKey, createdAt] = ["t1.gone.x.x", new Date().toISOString()];
  const entity: DkimKey = { kind: "dkimkey", id, ...what, sealedPrivateKey, createdAt };
  const fact = { tenant, kind: "dkimkey", id, time: createdAt, actor: "test", reason: "test" };
  await putEntity(nats, { ...fact, entity });
  await nats.close();
}

/** What became of a mail at its first attempt. */
const firstAttempt = (queued: string) =>
  until("its first attempt", async () => {
    const answer = await relay.api(`/api/v1/messages/${queued}/events`);
    const { items } = (await answer.json()) as Told;
    return items.map(({ event }) => event).find((event) => "outcomes" in event);
  });

test("mail whose key does not open is not sent without a signature", async () => {
  for (const id of Object.keys(records)) await breakKey(id);
  const failed = await until("a mail that is held back", async () => {
    const event = await firstAttempt(await sendOne(relay, "held", "ann@y.test"));
    return event.type === "failed" && event;
  });
  expect(failed.outcomes).toMatchObject([{ class: "config", category: "sender_auth_fail" }]);
  expect(failed.retryAt).toBeDefined();
});
