import { once } from "node:events";
import { LogUnavailable } from "@waybill/runtime";
import { MessageAccepted } from "@waybill/schemas/shapes";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { factOf, PASSWORD, RawClient, startTestIngress, type TestIngress } from "./testing.ts";

let ingress: TestIngress;
let client: RawClient;

beforeEach(async () => {
  ingress = await startTestIngress();
  client = await RawClient.greeted(ingress.port);
});
afterEach(async () => {
  client.close();
  await ingress.drain();
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const plain = (user: string, password: string): string =>
  `AUTH PLAIN ${base64(`\0${user}\0${password}`)}`;

describe("a message", () => {
  it("is kept, then its event, then it is queued under its id", async () => {
    const answer = await client.mail("Subject: hello\r\nFrom: a@x.test\r\n\r\nbody\r\n");
    const [event] = ingress.accepted();
    expect(answer).toBe(`250 2.0.0 Ok: queued as ${event?.messageId}`);
    expect(MessageAccepted.parse(event)).toMatchObject({
      tenant: "acme",
      envelope: { from: "a@x.test", recipients: ["b@y.test"], utf8: false },
      submission: { address: "127.0.0.1", helo: "client.test", tls: false },
      header: {
        subject: "hello",
        from: "a@x.test",
        messageId: `<${event?.messageId}@mx.waybill.test>`,
      },
    });
    const bytes = event && ingress.bodies.bytes(event.body).toString();
    expect(bytes).toMatch(
      /^Received: from client\.test \(\[127\.0\.0\.1\]\)\r\n\tby mx\.waybill\.test with ESMTP /,
    );
    expect(bytes).toContain("\r\nSubject: hello\r\nFrom: a@x.test\r\nDate: ");
    expect(bytes).toMatch(/\r\n\r\nbody\r\n$/);
  });

  it("is taken with dots un-stuffed, 8-bit octets and an empty body as they came", async () => {
    await client.mail(Buffer.from("..a: b\r\n\r\n..\r\n...\r\n\xff\xfe\r\n", "latin1"));
    await client.mail("Subject: only fields\r\n");
    await client.mail("");
    const [first, ...others] = ingress.accepted().map(({ body }) => ingress.bodies.bytes(body));
    expect(first?.toString("latin1")).toMatch(
      /\r\n\.a: b\r\n(.*\r\n){2}\r\n\.\r\n\.\.\r\n\xff\xfe\r\n$/,
    );
    for (const bytes of others) expect(bytes.toString()).toMatch(/[^\n]\r\n\r\n$/);
  });

  it("goes to each recipient once, whatever the case of its domain", async () => {
    await client.mail("\r\n", ["b@y.test", "b@Y.TEST", "B@y.test", '"b c"@y.test']);
    expect(ingress.accepted()[0]?.envelope.recipients).toEqual([
      "b@y.test",
      "B@y.test",
      '"b c"@y.test',
    ]);
  });

  it("may have the null sender, which is kept as that", async () => {
    expect(await client.say("MAIL FROM:<>")).toMatch(/^250/);
    await client.say("RCPT TO:<b@y.test>");
    await client.say("DATA");
    expect(await client.say("\r\n.")).toMatch(/^250/);
    expect(ingress.accepted()[0]?.envelope.from).toBe("");
  });

  it("may have addresses of SMTPUTF8", async () => {
    expect(await client.say("MAIL FROM:<é@x.test> SMTPUTF8 BODY=8BITMIME")).toMatch(/^250/);
    expect(await client.say("RCPT TO:<δ@y.test>")).toMatch(/^250/);
    await client.say("DATA");
    expect(await client.say("\r\n.")).toMatch(/^250/);
    expect(ingress.accepted()[0]?.envelope).toEqual({
      from: "é@x.test",
      recipients: ["δ@y.test"],
      utf8: true,
    });
  });

  it("keeps the trace of its sender", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await client.mail(`Traceparent: 00-${traceId}-b7ad6b7169203331-01\r\n\r\n`);
    await client.mail("\r\n");
    const [first, second] = ingress.accepted();
    expect(first?.traceId).toBe(traceId);
    expect(second?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is not queued when the log does not take it, and can be sent again", async () => {
    ingress.events.fail = new LogUnavailable("a test");
    expect(await client.mail("\r\n")).toMatch(/^451 4\.3\.0 .*try again later/);
    ingress.events.fail = undefined;
    expect(await client.mail("\r\n")).toMatch(/^250 2\.0\.0 /);
    expect(ingress.accepted()).toHaveLength(1);
  });

  it("is not queued when something nobody foresaw happens", async () => {
    ingress.bodies.write = () => {
      throw new TypeError("unforeseen");
    };
    expect(await client.mail(`\r\n${"body\r\n".repeat(50_000)}`)).toMatch(/^451 4\.3\.0 /);
    expect(await client.say("NOOP")).toMatch(/^250/);
  });

  it("leaves nothing when its client goes in the middle of it", async () => {
    await client.say("MAIL FROM:<a@x.test>");
    await client.say("RCPT TO:<b@y.test>");
    await client.say("DATA");
    client.send(`Subject: half\r\n\r\n${"line\r\n".repeat(20_000)}`);
    const closed = once(client.socket, "close");
    client.socket.destroySoon();
    await closed;
    const next = await RawClient.greeted(ingress.port);
    expect(await next.mail("\r\n")).toMatch(/^250/);
    next.close();
    expect(ingress.accepted()).toHaveLength(1);
  });

  it("is taken from a client that pipelines all of it", async () => {
    const one =
      "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nSubject: x\r\n\r\nb\r\n.\r\n";
    client.send(`${one}${one}QUIT\r\n`);
    const replies = [];
    for (let at = 0; at < 9; at += 1) replies.push((await client.reply()).slice(0, 3));
    expect(replies).toEqual(["250", "250", "354", "250", "250", "250", "354", "250", "221"]);
    expect(ingress.accepted()).toHaveLength(2);
  });
});

describe("EHLO", () => {
  it("offers this and nothing else", async () => {
    const offers = (await client.say("EHLO client.test"))
      .split("\r\n")
      .map((line) => line.slice(4));
    expect(offers.slice(1).toSorted()).toEqual([
      "8BITMIME",
      "AUTH PLAIN LOGIN",
      "ENHANCEDSTATUSCODES",
      "PIPELINING",
      "SIZE 26214400",
      "SMTPUTF8",
      "STARTTLS",
    ]);
  });

  it.each([
    "BDAT 1 LAST",
    "XCLIENT ADDR=192.0.2.1",
    "XFORWARD ADDR=192.0.2.1",
    "WIZ x",
    "SHELL",
    "EXPN a",
    "ETRN x",
  ])("is not followed by %s", async (command) => {
    expect(await client.say(command)).toMatch(/^500 /);
  });

  it("tells VRFY nothing", async () => {
    const answer = await client.say("VRFY demo");
    expect(answer).toMatch(/^252 /);
    expect(await client.say("VRFY nobody")).toBe(answer);
  });
});

it("takes the verbs in their order only", async () => {
  const fresh = await RawClient.to(ingress.port);
  await fresh.reply();
  const codes = async (...commands: string[]): Promise<string[]> => {
    const answers = [];
    for (const one of commands) answers.push((await fresh.say(one)).slice(0, 3));
    return answers;
  };
  const [mail, rcpt] = ["MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>"];
  expect(await codes(mail, "HELO client.test", rcpt, "DATA")).toEqual(["503", "250", "503", "503"]);
  expect(await codes(mail, mail, "DATA", rcpt)).toEqual(["250", "503", "503", "250"]);
  expect(await codes("RSET", rcpt, "NOOP", "QUIT")).toEqual(["250", "503", "250", "221"]);
});

describe("AUTH", () => {
  it("by PLAIN or LOGIN names the credential in the event, and not in the mail", async () => {
    expect(await client.say(plain("acme-app", PASSWORD))).toMatch(/^235 /);
    await client.mail("\r\n");
    const second = await RawClient.greeted(ingress.port);
    expect(await second.say("AUTH LOGIN")).toBe("334 VXNlcm5hbWU6");
    expect(await second.say(base64("acme-app"))).toBe("334 UGFzc3dvcmQ6");
    expect(await second.say(base64(PASSWORD))).toMatch(/^235 /);
    await second.mail("\r\n");
    second.close();
    for (const { submission, body } of ingress.accepted()) {
      expect(submission.credential).toBe("app");
      expect(ingress.bodies.bytes(body).toString()).toMatch(/with ESMTPA id/);
      expect(ingress.bodies.bytes(body).toString()).not.toContain("app");
    }
  });

  it("says the same of an unknown user, a wrong password and a tenant that is gone", async () => {
    const answers = [
      await client.say(plain("nobody", PASSWORD)),
      await client.say(plain("acme-app", "wrong")),
      await client.say(plain("gone-app", PASSWORD)),
    ];
    expect(new Set(answers)).toEqual(new Set(["535 5.7.8 Error: authentication failed"]));
  });

  it.each(["AUTH PLAIN", "AUTH LOGIN"])("by %s ends when it is cancelled", async (command) => {
    expect(await client.say(command)).toMatch(/^334/);
    expect(await client.say("*")).toMatch(/^501 /);
    expect(await client.say(plain("acme-app", PASSWORD))).toMatch(/^235 /);
  });

  it("is over after five failures", async () => {
    for (let at = 0; at < 4; at += 1) expect(await client.say(plain("x", "y"))).toMatch(/^535/);
    expect(await client.say(plain("x", "y"))).toMatch(/^421 4\.7\.0 /);
    expect(await client.reply()).toBe("");
  });

  it("ends for an open session when its credential is removed", async () => {
    await client.say(plain("acme-app", PASSWORD));
    expect(await client.mail("\r\n")).toMatch(/^250/);
    ingress.directory.apply(factOf("acme", "credential", "app"));
    expect(await client.say("MAIL FROM:<a@x.test>")).toBe("535 5.7.8 Error: authentication failed");
  });
});

describe("without AUTH", () => {
  it("a client of no trusted network may not send", async () => {
    const strict = await startTestIngress({ WAYBILL_TRUSTED_NETWORKS: "10.0.0.0/8=acme" });
    const stranger = await RawClient.greeted(strict.port);
    expect(await stranger.say("MAIL FROM:<a@x.test>")).toBe("530 5.7.0 authentication required");
    expect(await stranger.say("RCPT TO:<b@y.test>")).toMatch(/^503 /);
    expect(await stranger.say("DATA")).toMatch(/^503 /);
    stranger.close();
    await strict.drain();
  });

  it("a client of a network whose tenant is gone is told to come again", async () => {
    ingress.directory.apply(factOf("acme", "tenant", "acme"));
    expect(await client.say("MAIL FROM:<a@x.test>")).toMatch(/^451 4\.3\.5 /);
  });
});
