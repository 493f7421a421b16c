import { createTransport } from "nodemailer";
import { expect, onTestFinished, test } from "vitest";
import { localCertificate } from "./certificate.ts";
import { type Sink, type SinkOptions, startSink } from "./sink.ts";
import type { ReplyPolicy, Stage } from "./sink-policy.ts";
import { type Dialogue, type DialogueOptions, openDialogue } from "./smtp-dialogue.ts";

const login = { user: "u", pass: "p:@/" };
const MAIL = "MAIL FROM:<a@x.test>";
const RCPT = "RCPT TO:<b@y.test>";

async function sinkWith(options: SinkOptions = {}): Promise<Sink> {
  const sink = await startSink(options);
  onTestFinished(() => sink.stop());
  return sink;
}

async function dialogueWith(sink: Sink, options: DialogueOptions = {}): Promise<Dialogue> {
  const dialogue = await openDialogue(sink.port, options);
  onTestFinished(() => dialogue.close());
  return dialogue;
}

/** The answers to a whole pipelined transaction, up to the first that does not come. */
async function transaction(sink: Sink, id: string, timeoutMs = 5_000): Promise<number[]> {
  const dialogue = await dialogueWith(sink, { timeoutMs });
  const codes: number[] = [];
  const steps = ["", "EHLO client.test", MAIL, RCPT, "DATA", `X-Test-Id: ${id}\r\n\r\nhi\r\n.`];
  for (const step of steps) {
    if (step) dialogue.send(step);
    const reply = await dialogue.reply().catch(() => undefined);
    if (!reply) break;
    codes.push(reply.code);
  }
  return codes;
}

test("the extensions a client looks for are offered", async () => {
  const dialogue = await dialogueWith(await sinkWith());
  await dialogue.reply();
  const { lines } = await dialogue.ehlo();
  const offers = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 104857600", "ENHANCEDSTATUSCODES"];
  expect(lines).toEqual(expect.arrayContaining(offers));
  expect(lines).not.toContain("STARTTLS");
});

test("a pipelined transaction in one write is answered in order and counted", async () => {
  const sink = await sinkWith();
  const dialogue = await dialogueWith(sink);
  const data = "x-test-id:\r\n folded\r\n\r\nbody\r\n.\r\n";
  dialogue.sendRaw(`EHLO c\r\n${MAIL}\r\n${RCPT}\r\nRCPT TO:<c@y.test>\r\nDATA\r\n${data}QUIT\r\n`);
  const codes: number[] = [];
  for (let i = 0; i < 8; i += 1) codes.push((await dialogue.reply()).code);
  expect(codes).toEqual([220, 250, 250, 250, 250, 354, 250, 221]);
  await dialogue.closed;
  expect(sink.received).toBe(1);
  expect([...(sink.mails.get("folded")?.recipients.keys() ?? [])]).toEqual([
    "b@y.test",
    "c@y.test",
  ]);
});

test("nodemailer's message is kept byte for byte, its dots unstuffed, with its envelope", async () => {
  const sink = await sinkWith({ keep: "raw" });
  const raw = Buffer.from("X-Test-Id: dots\r\n\r\n.\r\n..two\r\na.b\r\n.end é\r\n");
  const envelope = { from: "a@x.test", to: ["b@y.test"], use8BitMime: true };
  const transport = createTransport(sink.url);
  await transport.sendMail({ envelope, raw });
  expect(sink.raws).toHaveLength(1);
  expect(sink.raws[0]).toMatchObject({ id: "dots", from: "a@x.test", recipients: ["b@y.test"] });
  expect(sink.raws[0]?.raw.toString()).toBe(raw.toString());
});

test("a large message arrives whole", async () => {
  const sink = await sinkWith({ keep: "raw" });
  const raw = Buffer.from(`X-Test-Id: large\r\n\r\n${`${".".repeat(70)}\r\n`.repeat(50_000)}`);
  await createTransport(sink.url).sendMail({ envelope: { from: "a@x.test", to: "b@y.test" }, raw });
  expect(sink.raws[0]?.raw.equals(raw)).toBe(true);
});

test.each<[Stage, number[]]>([
  ["connect", [450]],
  ["mail", [220, 250, 450]],
  ["rcpt", [220, 250, 250, 450]],
  ["data", [220, 250, 250, 250, 450]],
  ["dot", [220, 250, 250, 250, 354, 450]],
])("a refusal at %s is given there, and nothing is counted", async (stage, codes) => {
  const sink = await sinkWith({ reply: (at) => (at === stage ? "450 4.2.1 later" : undefined) });
  const answered = await transaction(sink, "m");
  expect(answered.slice(0, codes.length)).toEqual(codes);
  expect([sink.received, sink.dropped]).toEqual([0, 0]);
});

test.each(["close", "hang"])(
  "%s after the final dot: no answer, and the mail is dropped",
  async (word) => {
    const sink = await sinkWith({ reply: (stage) => (stage === "dot" ? word : undefined) });
    expect(await transaction(sink, "m", 500)).toEqual([220, 250, 250, 250, 354]);
    expect([sink.received, sink.dropped]).toEqual([0, 1]);
  },
);

test("close drops the connection at any stage, hang keeps it", async () => {
  const closing = await sinkWith({ reply: () => "close" });
  await (
    await dialogueWith(closing)
  ).closed;
  const hanging = await sinkWith({ reply: () => "hang" });
  const dialogue = await dialogueWith(hanging, { timeoutMs: 100 });
  await expect(dialogue.closed).rejects.toThrow("nothing after 100 ms");
  expect(hanging.openConnections).toBe(1);
});

test("a 421 is said, then the connection closes", async () => {
  const sink = await sinkWith({ reply: (at) => (at === "mail" ? "421 4.3.2 closing" : undefined) });
  const dialogue = await dialogueWith(sink);
  await dialogue.reply();
  expect((await dialogue.ask(MAIL)).code).toBe(421);
  await dialogue.closed;
});

test("the policy sees the transaction and how often the stage was reached", async () => {
  const seen: unknown[] = [];
  const reply: ReplyPolicy = (stage, { port, ...context }) => {
    expect(port).toBeGreaterThan(0);
    seen.push([stage, context]);
    return undefined;
  };
  const sink = await sinkWith({ reply });
  await transaction(sink, "first");
  await transaction(sink, "second");
  const from = "a@x.test";
  const recipients = ["b@y.test"];
  expect(seen).toContainEqual(["connect", { from: "", recipients: [], count: 2 }]);
  expect(seen).toContainEqual(["rcpt", { from, recipients: [], recipient: "b@y.test", count: 1 }]);
  expect(seen).toContainEqual(["dot", { from, recipients, id: "second", count: 2 }]);
});

test("a recipient the policy refuses does not count", async () => {
  const sink = await sinkWith({
    reply: (_, { recipient: to }) => (to === "b@y.test" ? "550 5.1.1 no such user" : undefined),
  });
  const transport = createTransport(sink.url);
  const to = ["b@y.test", "c@y.test"];
  const info = await transport.sendMail({ from: "a@x.test", to, headers: { "X-Test-Id": "m" } });
  expect(info.rejected).toEqual(["b@y.test"]);
  expect([...(sink.mails.get("m")?.recipients ?? [])]).toEqual([["c@y.test", 1]]);
});

test("the second copy for a recipient is a duplicate; mail without an id never is", async () => {
  const sink = await sinkWith();
  const transport = createTransport({ url: sink.url, pool: true, maxConnections: 1 });
  onTestFinished(() => transport.close());
  const send = (to: string[], headers = {}) =>
    transport.sendMail({ from: "a@x.test", to, headers });
  await send(["b@y.test"], { "X-Test-Id": "twice" });
  await send(["b@y.test", "c@y.test"], { "X-Test-Id": "twice" });
  await send(["b@y.test"]);
  await send(["b@y.test"]);
  expect(sink.duplicates()).toEqual([{ id: "twice", recipient: "b@y.test", count: 2 }]);
  expect(sink.received).toBe(4);
  expect(sink.connections).toBe(1);
});

test("with a delay the mail counts at once and the answer comes later", async () => {
  const sink = await sinkWith({ delayMs: 200 });
  const answer = transaction(sink, "m");
  await sink.waitFor(({ received }) => received === 1, 5_000);
  expect(await answer).toEqual([220, 250, 250, 250, 354, 250]);
});

test.each(["PLAIN", "LOGIN"])("AUTH %s lets the right password in and no other", async (method) => {
  const sink = await sinkWith({ auth: login });
  const to = { from: "a@x.test", to: "b@y.test", text: "hi" };
  const as = (pass: string) =>
    createTransport({
      port: sink.port,
      host: "127.0.0.1",
      authMethod: method,
      auth: { ...login, pass },
    });
  await as(login.pass).sendMail(to);
  await expect(as("wrong").sendMail(to)).rejects.toMatchObject({ responseCode: 535 });
  expect(sink.received).toBe(1);
});

test("AUTH takes its response with a challenge too, and can be required", async () => {
  const dialogue = await dialogueWith(await sinkWith({ auth: login }));
  await dialogue.reply();
  expect((await dialogue.ask(MAIL)).code).toBe(530);
  expect((await dialogue.ask("AUTH CRAM-MD5")).code).toBe(504);
  expect((await dialogue.ask("AUTH PLAIN")).code).toBe(334);
  const response = Buffer.from(`\0${login.user}\0${login.pass}`).toString("base64");
  expect((await dialogue.ask(response)).code).toBe(235);
  expect((await dialogue.ask(MAIL)).code).toBe(250);
});

test.each([false, true])("nodemailer delivers over TLS (implicit: %s)", async (implicit) => {
  const sink = await sinkWith({ auth: login, tls: { ...(await localCertificate()), implicit } });
  const tls = { rejectUnauthorized: false };
  const transport = createTransport({ url: sink.url, requireTLS: !implicit, tls });
  await transport.sendMail({ from: "a@x.test", to: "b@y.test", headers: { "X-Test-Id": "m" } });
  expect([...sink.mails.keys()]).toEqual(["m"]);
});

test("what is pipelined behind STARTTLS is never answered", async () => {
  const dialogue = await dialogueWith(await sinkWith({ tls: await localCertificate() }), {
    timeoutMs: 500,
  });
  await dialogue.reply();
  dialogue.sendRaw("STARTTLS\r\nNOOP\r\n");
  expect((await dialogue.reply()).code).toBe(220);
  await expect(dialogue.reply()).rejects.toThrow("while waiting for a reply");
});

test("paused it refuses and drops connections, resumed it listens on the same port", async () => {
  const sink = await sinkWith();
  const { port } = sink;
  const open = await dialogueWith(sink);
  await sink.pause();
  await open.closed;
  await expect(openDialogue(port)).rejects.toThrow("ECONNREFUSED");
  await sink.resume();
  expect(sink.port).toBe(port);
  expect(await transaction(sink, "m")).toContain(354);
  expect([sink.connections, sink.peakConnections]).toEqual([2, 1]);
});

test("waiting in vain tells the counts", async () => {
  const sink = await sinkWith();
  await expect(sink.waitFor(() => false, 20)).rejects.toThrow('"received":0');
});
