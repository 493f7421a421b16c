import { SMTPServer } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import { localCertificate } from "./certificate.ts";
import { type Sink, type SinkOptions, startSink } from "./sink.ts";
import type { ReplyPolicy, Stage } from "./sink-policy.ts";
import { listen } from "./smtp-server-peer.ts";
import { percentile, submit, type SubmitOptions } from "./submitter.ts";

const login = { user: "u", pass: "p" };

async function sinkWith(options: SinkOptions = {}): Promise<Sink> {
  const sink = await startSink(options);
  onTestFinished(() => sink.stop());
  return sink;
}

const recipient = (i: number): string[] => [`b${i}@y.test`];

function batch(port: number, more: Partial<SubmitOptions> = {}): SubmitOptions {
  const from = "a@x.test";
  return {
    port,
    mails: 40,
    connections: 4,
    size: 1_000,
    from,
    to: recipient,
    id: (i) => `m-${i}`,
    ...more,
  };
}

const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `m-${i}`).toSorted();
const at =
  (stage: Stage, line: string): ReplyPolicy =>
  (now) =>
    now === stage ? line : undefined;

test.each([true, false])("every mail arrives once (pipelining: %s)", async (pipelining) => {
  const sink = await sinkWith();
  const report = await submit(batch(sink.port, { pipelining }));
  expect(report.accepted.toSorted()).toEqual(ids(40));
  expect([...sink.mails.keys()].toSorted()).toEqual(ids(40));
  expect(sink.duplicates()).toEqual([]);
  expect(sink.connections).toBe(4);
  expect(report.latencies).toHaveLength(40);
  expect(new Set(report.queuedAs.values()).size).toBe(40);
  expect(report.queuedAs.get("m-0")).toMatch(/^sink-\d+$/);
});

test("smtp-server gets the messages in the size asked for, over STARTTLS and with AUTH", async () => {
  const sizes: number[] = [];
  const server = new SMTPServer({
    logger: false,
    onAuth: ({ username }, _, done) => done(null, { user: username ?? "" }),
    onData: (stream, session, done) => {
      let size = 0;
      stream.on("data", (chunk: Buffer) => (size += chunk.length));
      stream.on("end", () => {
        sizes.push(size);
        done(null, `queued as ${session.envelope.rcptTo[0]?.address}`);
      });
    },
  });
  const report = await submit(batch(await listen(server), { auth: login, starttls: true }));
  expect(sizes).toEqual(Array.from({ length: 40 }, () => 1_000));
  expect(report.queuedAs.get("m-7")).toBe("b7@y.test");
});

test.each([false, true])("TLS and AUTH against the sink (implicit: %s)", async (implicitTls) => {
  const tls = { ...(await localCertificate()), implicit: implicitTls };
  const sink = await sinkWith({ auth: login, tls });
  const more = { auth: login, implicitTls, starttls: !implicitTls };
  expect((await submit(batch(sink.port, more))).accepted).toHaveLength(40);
});

test.each<Stage>(["mail", "rcpt", "data", "dot"])("a refusal at %s is reported", async (stage) => {
  const sink = await sinkWith({ reply: at(stage, "450 4.2.1 later") });
  const report = await submit(batch(sink.port));
  expect(report.refused.map(({ id }) => id).toSorted()).toEqual(ids(40));
  expect(new Set(report.refused.map(({ reply }) => reply))).toEqual(new Set(["450 4.2.1 later"]));
  expect(sink.connections).toBe(4);
});

test("mail refused for some recipients is sent to the others", async () => {
  const sink = await sinkWith({
    reply: (_, { recipient: to }) => (to === "no@y.test" ? "550 5.1.1 no such user" : undefined),
  });
  const report = await submit(batch(sink.port, { to: () => ["no@y.test", "yes@y.test"] }));
  expect(report.accepted).toHaveLength(40);
  expect([...(sink.mails.get("m-3")?.recipients.keys() ?? [])]).toEqual(["yes@y.test"]);
});

test("a connection lost before the reply makes the mail unknown and ends the run", async () => {
  const sink = await sinkWith({ reply: at("dot", "close") });
  const report = await submit(batch(sink.port));
  expect(report.unknown.toSorted()).toEqual(ids(4));
  expect(sink.dropped).toBe(4);
});

test("with reconnect the run goes on after each loss, and no mail is sent twice", async () => {
  const sink = await sinkWith({
    reply: (stage, { count }) => (stage === "dot" && count % 3 === 0 ? "close" : undefined),
  });
  const report = await submit(batch(sink.port, { reconnect: true }));
  expect([...report.accepted, ...report.unknown].toSorted()).toEqual(ids(40));
  expect(report.unknown).toHaveLength(13);
  expect([...sink.mails.keys()].toSorted()).toEqual(report.accepted.toSorted());
  expect(sink.duplicates()).toEqual([]);
});

test.each<Stage>(["mail", "rcpt", "data", "dot"])("a 421 at %s is a refusal", async (stage) => {
  const sink = await sinkWith({ reply: at(stage, "421 4.3.2 closing") });
  const report = await submit(batch(sink.port, { mails: 8, reconnect: true }));
  expect(report.refused.map(({ id }) => id).toSorted()).toEqual(ids(8));
  expect(report.unknown).toEqual([]);
});

test("with reconnect it waits for a server that comes later", async () => {
  const sink = await sinkWith({
    reply: (stage, { count }) => (stage === "connect" && count < 5 ? "421 4.3.2 later" : undefined),
  });
  await sink.pause();
  const run = submit(batch(sink.port, { reconnect: true }));
  await sink.resume();
  expect((await run).accepted).toHaveLength(40);
});

test("a server that is not there, or refuses the login, rejects", async () => {
  const sink = await sinkWith({ auth: login });
  const auth = { ...login, pass: "wrong" };
  await expect(submit(batch(sink.port, { auth, reconnect: true }))).rejects.toThrow("535");
  await sink.pause();
  await expect(submit(batch(sink.port))).rejects.toThrow("ECONNREFUSED");
});

test("a silent server is given up after the timeout", async () => {
  const sink = await sinkWith({ reply: at("dot", "hang") });
  const report = await submit(batch(sink.port, { timeoutMs: 500 }));
  expect(report.unknown).toHaveLength(4);
});

test.each([false, true])("an abort ends the run with its report (TLS: %s)", async (implicitTls) => {
  const tls = { ...(await localCertificate()), implicit: true };
  const sink = await sinkWith({
    reply: (stage, { count }) => (stage === "dot" && count > 10 ? "hang" : undefined),
    ...(implicitTls && { tls }),
  });
  const abort = new AbortController();
  const run = submit(batch(sink.port, { implicitTls, reconnect: true, signal: abort.signal }));
  await sink.waitFor(({ dropped }) => dropped === 4, 5_000);
  abort.abort();
  const report = await run;
  expect([report.accepted.length, report.unknown.length]).toEqual([10, 4]);
});

test("every settled mail is told at once", async () => {
  const told: string[] = [];
  const sink = await sinkWith();
  await submit(batch(sink.port, { onReply: (id, { code }) => void told.push(`${id} ${code}`) }));
  expect(told.toSorted()).toEqual(ids(40).map((id) => `${id} 250`));
});

test("percentiles are the nearest rank", () => {
  const values = Float64Array.from([5, 1, 4, 2, 3, 10, 9, 8, 7, 6]);
  expect([0, 50, 95, 100].map((p) => percentile(values, p))).toEqual([1, 5, 10, 10]);
  expect(percentile(new Float64Array(), 50)).toBeNaN();
});
