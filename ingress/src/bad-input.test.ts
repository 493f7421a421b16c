import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawClient, startTestIngress, type TestIngress } from "./testing.ts";

let ingress: TestIngress;
let client: RawClient;

beforeEach(async () => {
  ingress = await startTestIngress({
    WAYBILL_SMTP_MAX_SIZE: "300000",
    WAYBILL_SMTP_MAX_HEADER: "5000",
    WAYBILL_SMTP_MAX_RECIPIENTS: "3",
  });
  client = await RawClient.greeted(ingress.port);
});
afterEach(async () => {
  client.close();
  await ingress.drain();
});

describe("a message that breaks a rule", () => {
  it.each([
    ["a NUL", "\r\na\0b\r\n", "550 5.6.0 NUL in line 2 (RFC 5321 2.4, RFC 5322 4.1)"],
    ["a bare LF", "S: x\r\n\r\na\nb\r\n", "550 5.6.0 bare LF in line 3 (RFC 5321 2.3.8)"],
    [
      "a bare LF in the header",
      "S: x\nBcc: y\r\n\r\n",
      "550 5.6.0 bare LF in line 1 (RFC 5321 2.3.8)",
    ],
    ["a bare CR", "\r\na\rb\r\n", "550 5.6.0 bare CR in line 2 (RFC 5321 2.3.8)"],
    [
      "a dot stuffed after a bare LF",
      "\r\na\n..b\r\n",
      "550 5.6.0 bare LF in line 2 (RFC 5321 2.3.8)",
    ],
    [
      "a line of 999",
      `\r\n${"x".repeat(999)}\r\n`,
      "550 5.6.0 line 2 is longer than 998 octets (RFC 5322 2.1.1)",
    ],
    [
      "a line of 100,000",
      `\r\n${"x".repeat(100_000)}\r\n`,
      "550 5.6.0 line 2 is longer than 998 octets (RFC 5322 2.1.1)",
    ],
    [
      "too many octets",
      `\r\n${"x\r\n".repeat(150_000)}`,
      "552 5.3.4 message larger than 300000 octets",
    ],
    [
      "too long a header",
      `${"a: b\r\n".repeat(1000)}\r\n`,
      "552 5.3.4 header section too large, the maximum is 5000 octets",
    ],
    [
      "a line in the header that is none",
      "S: x\r\nno field\r\nBcc: y\r\n\r\n",
      "550 5.6.0 line 2 of the header is no field and not empty (RFC 5322 2.2)",
    ],
    [
      "an mbox line",
      "From a@x.test Sat Nov 21 10:00:00 2026\r\nBcc: y\r\n\r\n",
      "550 5.6.0 line 1 of the header is no field and not empty (RFC 5322 2.2)",
    ],
    [
      "a name with a space",
      "B cc: y\r\n\r\n",
      "550 5.6.0 line 1 of the header is no field and not empty (RFC 5322 2.2)",
    ],
    [
      "a fold that folds nothing",
      " x\r\nBcc: y\r\n\r\n",
      "550 5.6.0 line 1 of the header is no field and not empty (RFC 5322 2.2)",
    ],
    [
      "a loop",
      `${"Received: x\r\n".repeat(101)}\r\n`,
      "554 5.4.6 more than 100 Received fields: the message is in a loop (RFC 5321 6.3)",
    ],
  ])("by %s is refused by name, and the connection goes on", async (_what, message, answer) => {
    expect(await client.mail(message)).toBe(answer);
    expect(ingress.events.events).toEqual([]);
    expect(await client.mail(`\r\n${"x".repeat(998)}\r\n`)).toMatch(/^250 2\.0\.0 /);
  });

  it("but has no header at all is taken", async () => {
    expect(await client.mail("Hello Bob\r\n")).toMatch(/^250 2\.0\.0 /);
  });

  it("by its size is not stored on", async () => {
    const sent = `\r\n${"x\r\n".repeat(1_000_000)}`;
    expect(await client.mail(sent)).toMatch(/^552 5\.3\.4 /);
    expect(ingress.bodies.written).toBeLessThan(400_000);
  });

  it("by the size it announces is refused at once", async () => {
    expect(await client.say("MAIL FROM:<a@x.test> SIZE=300001")).toMatch(/^552 5\.3\.4 /);
    expect(await client.say("MAIL FROM:<a@x.test> SIZE=many")).toMatch(/^501 /);
    expect(await client.say("MAIL FROM:<a@x.test> SIZE=300000")).toMatch(/^250 /);
  });
});

describe("an address", () => {
  it.each([
    ["MAIL FROM:<a@@x.test>", "501 5.1.7"],
    ["MAIL FROM:a@x.test", "501 5.1.7"],
    ["MAIL FROM:<é@x.test>", "553 5.6.7"],
    ["MAIL FROM:<a@x.test> REQUIRETLS", "530"],
    ["MAIL FROM:<a@x.test> HOLDFOR=60", "555 5.5.4"],
  ])("that is wrong in %s gets %s", async (command, answer) => {
    expect(await client.say(command)).toContain(answer);
  });

  it("that is wrong for a recipient leaves those before it", async () => {
    await client.say("MAIL FROM:<a@x.test>");
    const answers = [];
    for (const to of ["b@y.test", "", "b", "b@y..test", "é@y.test", `${"l".repeat(65)}@y.test`]) {
      answers.push((await client.say(`RCPT TO:<${to}>`)).slice(0, 9));
    }
    expect(answers).toEqual([
      "250 2.1.5",
      "501 5.1.3",
      "501 5.1.3",
      "501 5.1.3",
      "553 5.6.7",
      "501 5.1.3",
    ]);
    await client.say("DATA");
    expect(await client.say("\r\n.")).toMatch(/^250 /);
    expect(ingress.accepted()[0]?.envelope.recipients).toEqual(["b@y.test"]);
  });

  it("too many is refused, and those before it are kept", async () => {
    const to = ["1@y.test", "2@y.test", "3@y.test"];
    await client.say("MAIL FROM:<a@x.test>");
    for (const one of to) await client.say(`RCPT TO:<${one}>`);
    expect(await client.say("RCPT TO:<4@y.test>")).toBe(
      "452 4.5.3 more than 3 recipients, send to the others apart",
    );
    expect(await client.say("RCPT TO:<3@y.test>")).toMatch(/^250 /);
    await client.say("DATA");
    expect(await client.say("\r\n.")).toMatch(/^250 /);
    expect(ingress.accepted()[0]?.envelope.recipients).toEqual(to);
  });
});

describe("a command", () => {
  it.each(["NOOP\n", "NO\rOP\r\n", "NO\0OP\r\n", "NOOP\r\r\n"])(
    "of %j is refused",
    async (bytes) => {
      client.send(bytes);
      expect(await client.reply()).toMatch(/^500 5\.5\.2 /);
      expect(await client.say("NOOP")).toMatch(/^250/);
    },
  );

  it("that is malformed within AUTH ends the exchange", async () => {
    await client.say("AUTH LOGIN");
    client.send("YWNtZS1hcHA=\n");
    expect(await client.reply()).toMatch(/^500 5\.5\.2 /);
    expect(await client.say("NOOP")).toMatch(/^250/);
  });

  it("of endless length closes the connection", async () => {
    client.send("x".repeat(20_000));
    expect(await client.reply()).toMatch(/^421 /);
    expect(await client.reply()).toBe("");
  });

  it("out of garbage ends with the connection closed, and others go on", async () => {
    client.send(Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 37 + 11) % 256)));
    const answers = [];
    for (let answer = await client.reply(); answer !== ""; answer = await client.reply()) {
      answers.push(answer.slice(0, 3));
    }
    expect(answers.at(-1)).toBe("421");
    expect(answers.slice(0, -1).every((code) => code === "500")).toBe(true);
    const next = await RawClient.greeted(ingress.port);
    expect(await next.say("NOOP")).toMatch(/^250/);
    next.close();
  });

  it("of a browser closes the connection", async () => {
    client.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@x.test>\r\n");
    expect(await client.reply()).toMatch(/^421 /);
    expect(await client.reply()).toBe("");
  });
});
