import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { smtpProvider, type Attempt, type Provider } from "@waybill/actors";
import { BodyDamaged, makeLogger } from "@waybill/runtime";
import { makeOutbound, type Outbound } from "@waybill/runtime/outbound";
import type { Outcome, SmtpSettings } from "@waybill/schemas";
import { localCertificate } from "./src/mail/certificate.ts";
import { startSink, type Sink, type SinkOptions } from "./src/mail/sink.ts";

const open: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function sinkFor(options: SinkOptions = {}): Promise<Sink> {
  const sink = await startSink({ keep: "raw", ...options });
  open.push({ close: () => sink.stop() });
  return sink;
}

const log = makeLogger("silent", "test");
const loopback = makeOutbound({ allow: ["127.0.0.0/8", "::1/128"], log });

function providerTo(
  sink: Sink,
  change: Partial<SmtpSettings> = {},
  outbound: Outbound | undefined = loopback,
  limit?: { base: number; each: number; rate: number },
): Provider {
  const smtp: SmtpSettings = {
    host: "127.0.0.1",
    port: sink.port,
    tls: "none",
    verify: false,
    ...change,
  };
  const settings = {
    kind: "provider",
    type: "smtp",
    id: "p",
    name: "p",
    concurrency: 2,
    smtp,
  } as const;
  const provider = smtpProvider(settings, (sealed) => sealed, outbound, undefined, { limit });
  open.push(provider);
  return provider;
}

const RAW = "X-Test-Id: m1\r\nTo: somebody@else.test\r\n\r\nline\r\n..dots\r\n.\r\nbytes \xe9\r\n";

const attempt = (recipients: string[], change: Partial<Attempt> = {}): Attempt => ({
  tenant: "t1",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  attempt: 1,
  from: "sender@x.test",
  recipients,
  size: RAW.length,
  body: () => Readable.from([Buffer.from(RAW, "latin1")]),
  ...change,
});

const brief = (outcomes: Outcome[]) =>
  Object.fromEntries(
    outcomes.map((one) => [one.recipient.split("@")[0], `${one.class} ${one.code ?? ""}`.trim()]),
  );

const returnPath = (to: string) => `b+${to.replace("@", "=")}@bounce.x.test`;

describe("what goes out", () => {
  test("is the raw message byte by byte, for the envelope and not the header", async () => {
    const sink = await sinkFor();
    const outcomes = await providerTo(sink).send(attempt(["one@y.test", "two@y.test"]));
    expect(brief(outcomes)).toEqual({ one: "accepted 250", two: "accepted 250" });
    const [mail] = sink.raws;
    expect(mail?.raw.toString("latin1")).toBe(RAW);
    expect(mail?.from).toBe("sender@x.test");
    expect(mail?.recipients).toEqual(["one@y.test", "two@y.test"]);
  });

  test("has the null sender when the envelope has", async () => {
    const sink = await sinkFor();
    await providerTo(sink).send(attempt(["one@y.test"], { from: "" }));
    expect(sink.raws[0]?.from).toBe("");
  });

  test("has the sender of each recipient where each has one, in a transaction of its own", async () => {
    const sink = await sinkFor({
      reply: (stage, { recipient }) =>
        stage === "rcpt" && recipient === "two@y.test" ? "550 5.1.1 no" : undefined,
    });
    const sent = attempt(["one@y.test", "two@y.test", "three@y.test"], { returnPath });
    const outcomes = await providerTo(sink).send(sent);
    expect(brief(outcomes)).toEqual({
      one: "accepted 250",
      two: "permanent_recipient 550",
      three: "accepted 250",
    });
    const pairs = sink.raws.map(({ from, recipients }) => `${from} ${recipients.join()}`);
    expect(pairs.toSorted()).toEqual([
      "b+one=y.test@bounce.x.test one@y.test",
      "b+three=y.test@bounce.x.test three@y.test",
    ]);
  });

  test("asks for SMTPUTF8 when an address needs it", async () => {
    const sink = await sinkFor();
    const outcomes = await providerTo(sink).send(attempt(["löwe@y.test"]));
    expect(brief(outcomes)).toEqual({ löwe: "accepted 250" });
    expect(sink.raws[0]?.recipients).toEqual(["löwe@y.test"]);
  });

  test("goes over connections that are kept", async () => {
    const sink = await sinkFor();
    const provider = providerTo(sink);
    for (let at = 0; at < 5; at += 1) await provider.send(attempt(["one@y.test"]));
    expect(sink.received).toBe(5);
    expect(sink.connections).toBe(1);
  });
});

describe("TLS and login", () => {
  test.each([
    ["starttls", "PLAIN"],
    ["starttls", "LOGIN"],
    ["implicit", "PLAIN"],
  ] as const)("%s with %s", async (tls, method) => {
    const certificate = await localCertificate();
    const sink = await sinkFor({
      tls: { ...certificate, implicit: tls === "implicit" },
      auth: { user: "u", pass: "p" },
    });
    const auth = { method, username: "u", sealedPassword: "p" };
    const outcomes = await providerTo(sink, { tls, auth }).send(attempt(["one@y.test"]));
    expect(brief(outcomes)).toEqual({ one: "accepted 250" });
  });

  test("a refused login is about the provider, not the recipient", async () => {
    const certificate = await localCertificate();
    const sink = await sinkFor({ tls: certificate, auth: { user: "u", pass: "p" } });
    const auth = { method: "PLAIN" as const, username: "u", sealedPassword: "wrong" };
    const outcomes = await providerTo(sink, { tls: "starttls", auth }).send(
      attempt(["one@y.test"]),
    );
    expect(outcomes[0]?.class).toBe("auth");
    expect(JSON.stringify(outcomes)).not.toContain("wrong");
  });

  test("a server without TLS is not used when TLS is required", async () => {
    const sink = await sinkFor();
    const outcomes = await providerTo(sink, { tls: "starttls" }).send(attempt(["one@y.test"]));
    expect(outcomes[0]?.class).toBe("retry");
    expect(sink.received).toBe(0);
  });

  test("a certificate nobody vouches for is refused when it is to be verified", async () => {
    const sink = await sinkFor({ tls: await localCertificate() });
    const outcomes = await providerTo(sink, { tls: "starttls", verify: true }).send(
      attempt(["one@y.test"]),
    );
    expect(outcomes[0]?.class).toBe("retry");
    expect(sink.received).toBe(0);
  });
});

describe("what comes back", () => {
  test("each recipient has its own outcome", async () => {
    const answers: Record<string, string> = {
      "no@y.test": "550 5.1.1 no such user",
      "later@y.test": "450 4.2.1 busy",
    };
    const sink = await sinkFor({
      reply: (stage, { recipient }) => (stage === "rcpt" ? answers[recipient ?? ""] : undefined),
    });
    const outcomes = await providerTo(sink).send(
      attempt(["yes@y.test", "no@y.test", "later@y.test"]),
    );
    expect(brief(outcomes)).toEqual({
      yes: "accepted 250",
      no: "permanent_recipient 550",
      later: "retry 450",
    });
    expect(sink.raws[0]?.recipients).toEqual(["yes@y.test"]);
  });

  test.each([
    ["mail", "451 4.3.0 later", "retry 451"],
    ["mail", "550 5.1.8 bad sender", "config 550"],
    ["rcpt", "421 4.3.2 closing", "retry 421"],
    ["data", "554 5.7.1 no thanks", "permanent_message 554"],
    ["dot", "550 5.6.0 malformed", "permanent_message 550"],
    ["dot", "451 4.3.0 disk full", "retry 451"],
    ["dot", "421 4.3.2 closing", "retry 421"],
    ["connect", "554 5.3.2 not today", "retry 554"],
    ["connect", "close", "retry"],
    ["mail", "close", "retry"],
    ["data", "close", "retry"],
    ["dot", "close", "ambiguous"],
    ["connect", "hang", "retry"],
    ["rcpt", "hang", "retry"],
    ["dot", "hang", "ambiguous"],
    ["connect", "354 go on", "retry"],
    ["mail", "fine", "retry"],
    ["mail", "354 go on", "retry"],
    ["rcpt", "fine", "retry"],
    ["rcpt", "354 go on", "retry"],
    ["data", "fine", "retry"],
    ["data", "150 wait", "retry"],
    ["dot", "fine", "ambiguous"],
    ["dot", "150 wait", "ambiguous"],
    ["dot", "354 go on", "ambiguous"],
    ["dot", "2 fine", "ambiguous"],
    ["dot", "55 no", "ambiguous"],
  ])("at %s, %s is %s", async (stage, answer, outcome) => {
    const sink = await sinkFor({ reply: (at) => (at === stage ? answer : undefined) });
    const timeouts = { connect: 500, greeting: 500, socket: 500 };
    const outcomes = await providerTo(sink, { timeouts }).send(attempt(["one@y.test"]));
    expect(brief(outcomes)).toEqual({ one: outcome });
  });

  test("a reply that says neither yes nor no is told as what it is", async () => {
    const sink = await sinkFor({ reply: (at) => (at === "dot" ? "fine, thanks" : undefined) });
    expect(await providerTo(sink).send(attempt(["one@y.test"]))).toEqual([
      {
        recipient: "one@y.test",
        class: "ambiguous",
        category: "protocol",
        response: "the server said neither yes nor no: fine, thanks",
      },
    ]);
  });

  test("such a reply before the final dot does not keep the rest of the message from going out", async () => {
    const early = "354 go on\r\n150 wait";
    const sink = await sinkFor({ reply: (at) => (at === "data" ? early : undefined) });
    const outcomes = await providerTo(sink).send(attempt(["one@y.test"], { body: manyLines }));
    expect(brief(outcomes)).toEqual({ one: "ambiguous" });
    await sink.waitFor(({ received }) => received === 1, 5000);
  });

  test("whoever may have been taken by such a reply may have what the others got", async () => {
    const answers: Record<string, string> = { "odd@y.test": "354 go on", "no@y.test": "550 no" };
    const sink = await sinkFor({
      reply: (stage, { recipient }) => (stage === "rcpt" ? answers[recipient ?? ""] : undefined),
    });
    const outcomes = await providerTo(sink).send(
      attempt(["yes@y.test", "odd@y.test", "no@y.test"]),
    );
    expect(brief(outcomes)).toEqual({
      yes: "accepted 250",
      odd: "ambiguous",
      no: "permanent_recipient 550",
    });
  });

  test.each([
    ["close", "ambiguous"],
    ["451 4.3.0 disk full", "retry 451"],
    ["554 5.6.0 malformed", "permanent_message 554"],
  ])("who was refused by name stays so when the message ends with %s", async (answer, outcome) => {
    const sink = await sinkFor({
      reply: (at, { recipient }) => {
        if (at === "rcpt" && recipient === "no@y.test") return "550 5.1.1 no such user";
        return at === "dot" ? answer : undefined;
      },
    });
    const outcomes = await providerTo(sink).send(attempt(["yes@y.test", "no@y.test"]));
    expect(brief(outcomes)).toEqual({ yes: outcome, no: "permanent_recipient 550" });
  });

  test("a message larger than the server takes is known before it is sent", async () => {
    const sink = await sinkFor();
    const outcomes = await providerTo(sink).send(attempt(["one@y.test"], { size: 104_857_601 }));
    expect(outcomes[0]).toMatchObject({ class: "permanent_message", category: "size" });
  });

  test("nobody listening is a retry", async () => {
    const sink = await sinkFor();
    const provider = providerTo(sink);
    await sink.pause();
    expect(brief(await provider.send(attempt(["one@y.test"])))).toEqual({ one: "retry" });
  });

  test("a connection the server closed while it was idle costs no attempt", async () => {
    const sink = await sinkFor();
    const provider = providerTo(sink);
    await provider.send(attempt(["one@y.test"]));
    await sink.pause();
    await sink.resume();
    expect(brief(await provider.send(attempt(["one@y.test"])))).toEqual({ one: "accepted 250" });
  });

  test("after the final dot without an answer the message is not sent again by itself", async () => {
    let dots = 0;
    const sink = await sinkFor({
      reply: (at) => (at === "dot" && (dots += 1) > 1 ? "close" : undefined),
    });
    const provider = providerTo(sink);
    await provider.send(attempt(["one@y.test"]));
    expect(brief(await provider.send(attempt(["one@y.test"])))).toEqual({ one: "ambiguous" });
    expect(sink.received + sink.dropped).toBe(2);
  });
});

/** Sends until the sink has been asked so often at a stage, and waits for no answer then. */
async function cutAt(stage: string, times: number, options: SinkOptions, change: Partial<Attempt>) {
  const cut = new AbortController();
  let asked = 0;
  const sink = await sinkFor({
    ...options,
    reply: (at, context) => {
      if (at === stage && (asked += 1) === times)
        setImmediate(() => cut.abort(new Error("the relay was stopped")));
      return options.reply?.(at, context);
    },
  });
  const to = change.recipients ?? ["one@y.test"];
  const outcomes = await providerTo(sink).send(attempt([...to], { ...change, signal: cut.signal }));
  return { sink, outcomes };
}

const hangAtFirstDot: SinkOptions["reply"] = (at, { count }) =>
  at === "dot" && count === 1 ? "hang" : undefined;

describe("an attempt whose answer is not waited for any longer", () => {
  test.each([
    ["connect", "retry", "the relay was stopped"],
    ["mail", "retry", "the relay was stopped"],
    ["rcpt", "retry", "the relay was stopped"],
    ["data", "retry", "the relay was stopped"],
    ["dot", "ambiguous", "no reply to the message: the relay was stopped"],
  ])("at %s is %s", async (stage, outcome, response) => {
    const reply: SinkOptions["reply"] = (at) => (at === stage ? "hang" : undefined);
    const { outcomes } = await cutAt(stage, 1, { reply }, {});
    expect(outcomes).toEqual([
      { recipient: "one@y.test", class: outcome, category: "network", response },
    ]);
  });

  test("keeps who was answered, and begins with nobody else", async () => {
    const recipients = ["a@y.test", "b@y.test", "c@y.test", "d@y.test", "e@y.test", "f@y.test"];
    const { sink, outcomes } = await cutAt(
      "dot",
      4,
      { reply: (at, { count }) => (at === "dot" && count > 2 ? "hang" : undefined) },
      { recipients, returnPath },
    );
    expect(brief(outcomes)).toEqual({
      a: "accepted 250",
      b: "accepted 250",
      c: "ambiguous",
      d: "ambiguous",
      e: "retry",
      f: "retry",
    });
    expect([sink.received, sink.dropped, sink.connections]).toEqual([2, 2, 2]);
  });

  test("is not begun when that was so before", async () => {
    const sink = await sinkFor();
    const signal = AbortSignal.abort(new Error("the relay was stopped"));
    expect(brief(await providerTo(sink).send(attempt(["one@y.test"], { signal })))).toEqual({
      one: "retry",
    });
    expect(sink.connections).toBe(0);
  });

  test("takes nothing from the others", async () => {
    const cut = new AbortController();
    const sink = await sinkFor({ reply: hangAtFirstDot });
    const provider = providerTo(sink);
    const sending = provider.send(attempt(["one@y.test"], { signal: cut.signal }));
    await sink.waitFor(({ dropped }) => dropped === 1, 5000);
    const other = provider.send(attempt(["two@y.test"]));
    cut.abort(new Error("the relay was stopped"));
    expect(brief([...(await sending), ...(await other)])).toEqual({
      one: "ambiguous",
      two: "accepted 250",
    });
  });
});

const FIVE = ["a@y.test", "b@y.test", "c@y.test", "d@y.test", "e@y.test"];

const TOO_MANY = "452 4.5.3 Error: too many recipients";

/** Takes two recipients in a transaction, and tells the others so. */
const twoAtATime =
  (answer = TOO_MANY): NonNullable<SinkOptions["reply"]> =>
  (at, { recipients }) =>
    at === "rcpt" && recipients.length === 2 ? answer : undefined;

const takenBy = ({ raws }: Sink) => raws.map(({ recipients }) => recipients.join(" "));

describe("a server that takes only so many recipients at a time", () => {
  test.each([
    TOO_MANY,
    "452 too many recipients",
    "452 Too many recipients in this transaction",
    "451 4.5.3 Too many recipients",
    "552 5.5.3 too many recipients",
    "552 too many recipients",
  ])("is given the others in further transactions: %s", async (answer) => {
    const sink = await sinkFor({ reply: twoAtATime(answer) });
    const outcomes = await providerTo(sink).send(attempt(FIVE));
    const yes = "accepted 250";
    expect(brief(outcomes)).toEqual({ a: yes, b: yes, c: yes, d: yes, e: yes });
    expect(takenBy(sink)).toEqual(["a@y.test b@y.test", "c@y.test d@y.test", "e@y.test"]);
    expect(sink.connections).toBe(1);
  });

  test.each(["452 4.2.2 mailbox full", "452 4.3.1 insufficient storage", "450 4.7.1 slow down"])(
    "is not one that says %s",
    async (answer) => {
      const sink = await sinkFor({ reply: twoAtATime(answer) });
      const outcomes = await providerTo(sink).send(attempt(FIVE));
      expect(outcomes.filter((one) => one.class === "retry")).toHaveLength(3);
      expect(sink.received).toBe(1);
    },
  );

  test("has told of each recipient once, whatever it said", async () => {
    const answers: Record<string, string> = {
      "b@y.test": "550 5.1.1 no such user",
      "d@y.test": "450 4.2.1 busy",
    };
    const few = twoAtATime();
    const sink = await sinkFor({
      reply: (at, context) =>
        at === "rcpt" ? (answers[context.recipient ?? ""] ?? few(at, context)) : undefined,
    });
    const outcomes = await providerTo(sink).send(attempt([...FIVE, "f@y.test"]));
    expect(outcomes).toHaveLength(6);
    expect(brief(outcomes)).toEqual({
      a: "accepted 250",
      b: "permanent_recipient 550",
      c: "accepted 250",
      d: "retry 450",
      e: "accepted 250",
      f: "accepted 250",
    });
    expect(takenBy(sink)).toEqual(["a@y.test c@y.test", "e@y.test f@y.test"]);
  });

  test("is asked no more once a transaction takes nobody", async () => {
    let asked = 0;
    const few = twoAtATime();
    const sink = await sinkFor({
      reply: (at, context) => {
        if (at === "mail") asked += 1;
        return at === "rcpt" && asked > 1 ? TOO_MANY : few(at, context);
      },
    });
    const outcomes = await providerTo(sink).send(attempt(FIVE));
    expect(brief(outcomes)).toEqual({
      a: "accepted 250",
      b: "accepted 250",
      c: "retry 452",
      d: "retry 452",
      e: "retry 452",
    });
    expect(asked).toBe(2);
  });

  test.each([
    ["close", "ambiguous"],
    ["451 4.3.0 disk full", "retry 451"],
    ["554 5.7.1 no thanks", "permanent_message 554"],
  ])("keeps what was told when a later transaction ends with %s", async (answer, outcome) => {
    const few = twoAtATime();
    const sink = await sinkFor({
      reply: (at, context) => (at === "dot" && context.count === 2 ? answer : few(at, context)),
    });
    const outcomes = await providerTo(sink).send(attempt(FIVE));
    expect(brief(outcomes)).toEqual({
      a: "accepted 250",
      b: "accepted 250",
      c: outcome,
      d: outcome,
      e: "retry 452",
    });
  });

  test("keeps what was told when the message cannot be read again", async () => {
    const sink = await sinkFor({ reply: twoAtATime() });
    const bodies = [() => Readable.from([Buffer.from(RAW)]), () => Readable.from(brokenAfter(10))];
    const body = () => bodies.shift()?.() ?? Readable.from([]);
    const outcomes = await providerTo(sink).send(attempt(FIVE.slice(0, 4), { body }));
    const unread = { class: "retry", response: "the message could not be read" };
    expect(outcomes).toMatchObject([
      { recipient: "a@y.test", class: "accepted" },
      { recipient: "b@y.test", class: "accepted" },
      { recipient: "c@y.test", ...unread },
      { recipient: "d@y.test", ...unread },
    ]);
    expect(sink.received).toBe(1);
  });

  test("is asked no more once no answer is waited for", async () => {
    const few = twoAtATime();
    const hanging: SinkOptions["reply"] = (at, context) =>
      at === "mail" && context.count === 2 ? "hang" : few(at, context);
    const { sink, outcomes } = await cutAt("mail", 2, { reply: hanging }, { recipients: FIVE });
    const cut = { class: "retry", category: "network", response: "the relay was stopped" };
    expect(outcomes).toMatchObject([
      { recipient: "a@y.test", class: "accepted" },
      { recipient: "b@y.test", class: "accepted" },
      { recipient: "c@y.test", ...cut },
      { recipient: "d@y.test", ...cut },
      { recipient: "e@y.test", ...cut },
    ]);
    expect(sink.connections).toBe(1);
  });

  test("has so long for all of it as for one transaction", async () => {
    const sink = await sinkFor({ delayMs: 300, reply: twoAtATime() });
    const recipients = Array.from({ length: 20 }, (_, at) => `r${at}@y.test`);
    const limit = { base: 900, each: 0, rate: 1e6 };
    const outcomes = await providerTo(sink, {}, loopback, limit).send(attempt(recipients));
    expect(outcomes.map(({ recipient }) => recipient)).toEqual(recipients);
    expect(outcomes[0]?.class).toBe("accepted");
    expect(outcomes.at(-1)?.class).toBe("retry");
    const late = outcomes.filter(({ response }) => response.includes("it took longer than 1 s"));
    expect(late.length).toBeGreaterThan(0);
    expect(sink.received).toBeLessThan(10);
  });
});

const [ODD, ODDER] = ['"a>b"@y.test', '"<"@y.test'];
const NOT_TO = 'this relay cannot send by SMTP to an address with "<" or ">" in it';
const NOT_FROM = 'this relay cannot send by SMTP from an address with "<" or ">" in it';

const told = (recipient: string, outcome: string, response: string) => ({
  recipient,
  class: outcome,
  category: "protocol",
  response,
});

describe("an address that the library takes for none", () => {
  test("is refused by itself, and the others are sent to", async () => {
    const sink = await sinkFor();
    const outcomes = await providerTo(sink).send(
      attempt([ODD, "one@y.test", ODDER, '"a b"@y.test']),
    );
    expect(outcomes).toHaveLength(4);
    expect(outcomes).toContainEqual(told(ODD, "permanent_recipient", NOT_TO));
    expect(outcomes).toContainEqual(told(ODDER, "permanent_recipient", NOT_TO));
    expect(takenBy(sink)).toEqual(['one@y.test "a b"@y.test']);
  });

  test("needs no connection when there is no other", async () => {
    const sink = await sinkFor();
    const outcomes = await providerTo(sink).send(attempt([ODD]));
    expect(outcomes).toEqual([told(ODD, "permanent_recipient", NOT_TO)]);
    expect(sink.connections).toBe(0);
  });

  test("is refused by itself where each recipient has its own return path", async () => {
    const sink = await sinkFor();
    const returns = { returnPath: (to: string) => `${to.length}@bounce.x.test` };
    const outcomes = await providerTo(sink).send(attempt([ODD, "one@y.test"], returns));
    expect(outcomes).toContainEqual(told(ODD, "permanent_recipient", NOT_TO));
    expect(takenBy(sink)).toEqual(["one@y.test"]);
  });

  test.each<[string, Partial<Attempt>]>([
    ["sender", { from: ODD }],
    ["return path", { returnPath: () => ODD }],
  ])("is about no recipient as a %s", async (_, change) => {
    const sink = await sinkFor();
    const outcomes = await providerTo(sink).send(attempt(["one@y.test", "two@y.test"], change));
    expect(outcomes).toEqual([
      told("one@y.test", "permanent_message", NOT_FROM),
      told("two@y.test", "permanent_message", NOT_FROM),
    ]);
    expect(sink.connections).toBe(0);
  });
});

async function* brokenAfter(length: number): AsyncGenerator<Buffer> {
  yield Buffer.from(`X-Test-Id: m1\r\n\r\n${"x".repeat(length)}\r\n`);
  throw new BodyDamaged("gone");
}

test.each([10, 300_000])(
  "a body that breaks off after %i octets is never completed at the server",
  async (length) => {
    const sink = await sinkFor();
    const body = () => Readable.from(brokenAfter(length), { objectMode: false });
    const sending = providerTo(sink).send(attempt(["one@y.test"], { body }));
    await expect(sending).rejects.toThrow(BodyDamaged);
    expect(sink.received + sink.dropped).toBe(0);
  },
);

const LINE = Buffer.from(`${"y".repeat(76)}\r\n`);

function* linesOf(count: number): Generator<Buffer> {
  yield Buffer.from("\r\n");
  for (let at = 0; at < count; at += 1) yield LINE;
}

const manyLines = () => Readable.from(linesOf(10_000), { objectMode: false });

test("25 MiB go out as they are", async () => {
  const sink = await sinkFor();
  const count = Math.floor((25 * 1024 * 1024) / LINE.length);
  const size = count * LINE.length + 2;
  const body = () => Readable.from(linesOf(count), { objectMode: false });
  const outcomes = await providerTo(sink).send(attempt(["one@y.test"], { body, size }));
  expect(brief(outcomes)).toEqual({ one: "accepted 250" });
  expect(sink.raws[0]?.raw.length).toBe(size);
});

const nothing = makeOutbound({ allow: [], log });
const unknown = () => Promise.reject(new Error("ENOTFOUND"));
const sentence = "the host cannot be reached or is not allowed";

describe("a host that a tenant named", () => {
  test.each(["127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"])(
    "%s is refused as a matter of settings, and nothing is sent",
    async (host) => {
      const sink = await sinkFor();
      const outcomes = await providerTo(sink, { host }, nothing).send(attempt(["one@y.test"]));
      const outcome = { class: "config", category: "network", response: sentence };
      expect(outcomes).toEqual([{ recipient: "one@y.test", ...outcome }]);
      expect(sink.connections).toBe(0);
    },
  );

  test("is tried again when its name is not known", async () => {
    const guard = makeOutbound({ allow: [], log, lookup: unknown });
    const provider = providerTo(await sinkFor(), { host: "nowhere.test" }, guard);
    const [outcome] = await provider.send(attempt(["one@y.test"]));
    expect(outcome).toMatchObject({ class: "retry", category: "network", response: sentence });
  });

  test("is judged again at each new connection, not at each message", async () => {
    const answers = ["127.0.0.1", "127.0.0.2"];
    let asked = 0;
    const lookup = () => Promise.resolve([answers[asked++] ?? "10.0.0.1"]);
    const guard = makeOutbound({ allow: ["127.0.0.1/32"], log, lookup });
    const sink = await sinkFor();
    const provider = providerTo(sink, { host: "rebinding.test" }, guard);
    const sent = [
      await provider.send(attempt(["one@y.test"])),
      await provider.send(attempt(["one@y.test"])),
    ];
    expect(sent.map(brief)).toEqual([{ one: "accepted 250" }, { one: "accepted 250" }]);
    expect(asked).toBe(1);
    await sink.pause();
    await sink.resume();
    expect(brief(await provider.send(attempt(["one@y.test"])))).toEqual({ one: "config" });
    expect(sink.received).toBe(2);
  });
});

test("a host that the operator named is not judged", async () => {
  const sink = await sinkFor();
  const settings = { host: "127.0.0.1", port: sink.port, tls: "none", verify: false } as const;
  const named = { kind: "provider", type: "smtp", id: "p", name: "p", concurrency: 1 } as const;
  const provider = smtpProvider({ ...named, smtp: settings }, (sealed) => sealed, undefined);
  open.push(provider);
  expect(brief(await provider.send(attempt(["one@y.test"])))).toEqual({ one: "accepted 250" });
});
