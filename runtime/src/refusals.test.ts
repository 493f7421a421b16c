import { afterEach, beforeEach, expect, test } from "vitest";
import { publish } from "./log.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";
import { followRefusals } from "./refusals.ts";
import { STREAMS } from "./streams.ts";
import { type LogServer, startLog } from "./testing/log-server.ts";

let log: LogServer;
let reader: Nats;
let refusing: () => string[];
let time = 1_000_000;
beforeEach(async () => {
  log = await startLog();
  reader = await connectNats(log.url, "reader", makeLogger("silent", "test"));
  refusing = followRefusals(reader, () => time);
  await reader.nc.flush();
});
afterEach(async () => {
  await reader.close();
  await log[Symbol.asyncDispose]();
});

/** Resolves when the reader has heard what was told so far. */
async function heard(): Promise<void> {
  await log.nats.nc.flush();
  await reader.nc.flush();
}

const put = (stream: string, subject: string) =>
  publish(log.nats, { stream, subject, payload: "x", options: { msgID: subject } });

test("a stream that refused is told until it takes something, whatever other streams take", async () => {
  expect(refusing()).toEqual([]);
  log.nats.refusals.refused(STREAMS.mail);
  await heard();
  expect(refusing()).toEqual(["MAIL"]);
  await put(STREAMS.bodies, "body.1.t");
  await heard();
  expect(refusing()).toEqual(["MAIL"]);
  await put(STREAMS.mail, "mail.fact.1.t.delivered");
  await heard();
  expect(refusing()).toEqual([]);
});

test("a publish that was given up is told, one that the stream itself refuses is not", async () => {
  await log.nats.jsm.streams.update(STREAMS.bodies, { max_msg_size: 1 });
  const large = { subject: "body.1.t", payload: "large", options: { msgID: "large" } };
  const refused = publish(log.nats, { stream: STREAMS.bodies, ...large });
  await expect(refused).rejects.toThrow("the event log does not answer");
  await heard();
  expect(refusing()).toEqual([]);
  await log.nats.jsm.streams.delete(STREAMS.mail);
  await expect(put(STREAMS.mail, "mail.fact.1.t.delivered")).rejects.toThrow("does not answer");
  await heard();
  expect(refusing()).toEqual(["MAIL"]);
}, 60_000);

test("nobody who fell silent is believed for ever", async () => {
  log.nats.refusals.refused(STREAMS.mail);
  await heard();
  time += 29_000;
  expect(refusing()).toEqual(["MAIL"]);
  time += 1000;
  expect(refusing()).toEqual([]);
});

test("a publish that is too large to be sent is given up at once, and is nobody's refusal", async () => {
  const payload = "x".repeat((log.nats.nc.info?.max_payload ?? 0) + 1);
  const options = { msgID: "huge" };
  const subject = "mail.fact.1.t.delivered";
  const sent = publish(log.nats, {
    stream: STREAMS.mail,
    subject,
    payload,
    options,
    deadline: Infinity,
  });
  await expect(sent).rejects.toThrow("the event log does not answer");
  await heard();
  expect(refusing()).toEqual([]);
});
