import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  BodyUnavailable,
  Directory,
  type Log,
  makeLog,
  makeLogger,
  type Nats,
  openBodies,
  readConfig,
  newMessageId,
  replay,
} from "@waybill/runtime";
import { type LogServer, startLog } from "@waybill/runtime/testing/log";
import type { DeadLettered, MessageAccepted, Tenant } from "@waybill/schemas";
import { makeNotify, type Notifier } from "./notify.ts";

const log = makeLogger("silent", "test");
let server: LogServer;
let nats: Nats;
let events: Log;

beforeEach(async () => {
  server = await startLog();
  nats = server.nats;
  events = makeLog(nats, 4);
});
afterEach(() => server[Symbol.asyncDispose]());

/** What a store gives that is away. */
const nothing = (): Readable =>
  new Readable({
    read() {
      this.destroy(new BodyUnavailable("the bucket does not answer"));
    },
  });

async function* bytes(): AsyncGenerator<Buffer> {
  yield Buffer.from("From: app@x.test\r\nSubject: hello\r\n\r\nthe secret text\r\n");
}

const bodies = () =>
  openBodies({
    config: readConfig({ WAYBILL_LANES: "4" }),
    nats,
    log: makeLogger("silent", "test"),
  });

async function accept(from: string): Promise<MessageAccepted> {
  const [messageId, tenant] = [newMessageId(), "t1"];
  const mail: MessageAccepted = {
    type: "accepted",
    messageId,
    tenant,
    time: new Date().toISOString(),
    traceId: "0".repeat(32),
    attempt: 1,
    rung: 0,
    envelope: { from, recipients: ["a@y.test"], utf8: false },
    body: await bodies().write({ tenant, messageId }, bytes()),
    routing: { tags: [], fields: {} },
    submission: { protocol: "smtp", address: "127.0.0.1", helo: "x", tls: false },
    header: { from, subject: "hello", messageId: "<1@x.test>" },
  };
  await events.append(mail);
  return mail;
}

const deathOf = ({ messageId, tenant, traceId }: MessageAccepted): DeadLettered => ({
  type: "deadlettered",
  messageId,
  tenant,
  traceId,
  time: new Date().toISOString(),
  attempt: 1,
  reason: "refused",
  recipients: ["a@y.test"],
  detail: "550 5.1.1 no such user",
});

function notifier(more: Partial<Tenant> = {}, given: Partial<Notifier> = {}) {
  const directory = new Directory();
  const entity: Tenant = {
    kind: "tenant",
    id: "t1",
    name: "t1",
    concurrency: 1,
    retryLadder: [],
    onAmbiguous: "retry",
    notifySender: true,
    ...more,
  };
  const fact = { tenant: "t1", kind: "tenant", id: "t1", entity, actor: "test", reason: "test" };
  directory.apply({ ...fact, time: new Date().toISOString() });
  const to = { nats, events, bodies: bodies(), directory, log, hostname: "mx.test", now: Date.now };
  return makeNotify({ ...to, ...given });
}

async function reports(): Promise<MessageAccepted[]> {
  const found: MessageAccepted[] = [];
  for await (const one of replay(nats, { stream: "MAIL", filters: ["mail.work.>"] }))
    found.push(one.json<MessageAccepted>());
  return found.filter(({ submission }) => submission.protocol === "internal");
}

test("a sender is told once, by a mail of the tenant's own without a sender and without the text", async () => {
  const mail = await accept("app@x.test");
  const dead = deathOf(mail);
  await notifier()(dead);
  await notifier()(dead);
  const [report, ...more] = await reports();
  expect(more).toEqual([]);
  expect(report).toMatchObject({
    tenant: "t1",
    traceId: mail.traceId,
    envelope: { from: "", recipients: ["app@x.test"] },
  });
  if (report === undefined) return;
  const raw = Buffer.concat((await bodies().read("t1", report.body).toArray()) as Buffer[]);
  expect(raw.toString()).toContain("Subject: hello");
  expect(raw.toString()).not.toContain("the secret text");
});

test("a sender is told without the header of a mail whose store does not answer for ten minutes", async () => {
  const dead = deathOf(await accept("app@x.test"));
  const away = { bodies: { ...bodies(), read: nothing } };
  await expect(notifier({}, away)(dead)).rejects.toThrow(BodyUnavailable);
  expect(await reports()).toEqual([]);
  await notifier({}, { ...away, now: () => Date.now() + 600_000 })(dead);
  expect(await reports()).toHaveLength(1);
});

test("nobody is told of a mail without a sender, so that no report makes another", async () => {
  await notifier()(deathOf(await accept("")));
  await notifier()(deathOf(await accept("app@x.test")));
  const [report] = await reports();
  if (report !== undefined) await notifier()(deathOf(report));
  expect(await reports()).toHaveLength(1);
});

test("nobody is told where the tenant does not want it, or lets no mail out to the sender", async () => {
  const dead = deathOf(await accept("app@x.test"));
  await notifier({ notifySender: false })(dead);
  await notifier({ allowedRecipients: ["@elsewhere.test"] })(dead);
  expect(await reports()).toEqual([]);
});
