import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RawClient, startTestIngress, type TestIngress } from "./testing.ts";

const open: { close(): void }[] = [];
const started: TestIngress[] = [];

async function start(settings: Record<string, string> = {}): Promise<TestIngress> {
  const ingress = await startTestIngress(settings);
  started.push(ingress);
  return ingress;
}

async function connected(port: number): Promise<RawClient> {
  const client = await RawClient.to(port);
  open.push(client);
  return client;
}

async function greeted(port: number): Promise<RawClient> {
  const client = await RawClient.greeted(port);
  open.push(client);
  return client;
}

afterEach(async () => {
  for (const client of open.splice(0)) client.close();
  await Promise.all(started.splice(0).map((ingress) => ingress.drain()));
});

describe("a thousand idle connections", () => {
  it("do not stop another, and one more than the total is refused", async () => {
    const ingress = await start({ WAYBILL_SMTP_MAX_CONNECTIONS: "1001" });
    const idle = await Promise.all(Array.from({ length: 1000 }, () => connected(ingress.port)));
    const greetings = await Promise.all(idle.map((client) => client.reply()));
    expect(new Set(greetings)).toEqual(new Set(["220 mx.waybill.test ESMTP"]));
    const worker = await greeted(ingress.port);
    expect(await worker.mail("\r\n")).toMatch(/^250 2\.0\.0 /);
    const surplus = await connected(ingress.port);
    expect(await surplus.reply()).toBe("421 4.3.2 too many connections, try again later");
    expect(await surplus.reply()).toBe("");
  });
});

describe("the limits of a client", () => {
  it("are its connections", async () => {
    const ingress = await start({ WAYBILL_SMTP_MAX_CONNECTIONS_PER_CLIENT: "1" });
    const first = await greeted(ingress.port);
    expect(await (await connected(ingress.port)).reply()).toMatch(/^421 4\.7\.0 /);
    const closed = once(first.socket, "close");
    await first.say("QUIT");
    await closed;
    // The server may see the end of the first connection after its client did.
    await vi.waitUntil(async () =>
      (await (await connected(ingress.port)).reply()).startsWith("220"),
    );
  });

  it("are its messages over one connection", async () => {
    const ingress = await start({ WAYBILL_SMTP_MAX_MESSAGES_PER_CONNECTION: "1" });
    const client = await greeted(ingress.port);
    expect(await client.mail("\r\n")).toMatch(/^250/);
    expect(await client.say("MAIL FROM:<a@x.test>")).toMatch(/^421 4\.7\.0 1 messages/);
    expect(await client.reply()).toBe("");
  });

  it("are its messages a minute", async () => {
    const ingress = await start({ WAYBILL_SMTP_MAX_MESSAGES_PER_CLIENT: "1" });
    const client = await greeted(ingress.port);
    const answers = [];
    // The minute may turn once in between.
    for (let at = 0; at < 3; at += 1) {
      answers.push((await client.say("MAIL FROM:<a@x.test>")).slice(0, 9));
      await client.say("RSET");
    }
    expect(answers[0]).toBe("250 2.1.0");
    expect(answers).toContain("450 4.7.1");
  });
});

describe("a client that takes too long", () => {
  it("without a byte is told so and closed", async () => {
    const ingress = await start({ WAYBILL_SMTP_IDLE_TIMEOUT: "1" });
    const client = await greeted(ingress.port);
    expect(await client.reply()).toMatch(/^421 4\.4\.2 /);
    expect(await client.reply()).toBe("");
  });

  it("over a message, however busy it is, is told so and leaves nothing", async () => {
    const ingress = await start({ WAYBILL_SMTP_DATA_TIMEOUT: "1" });
    const client = await greeted(ingress.port);
    await client.say("MAIL FROM:<a@x.test>");
    await client.say("RCPT TO:<b@y.test>");
    await client.say("DATA");
    const trickle = setInterval(() => client.send("a: b\r\n"), 100);
    expect(await client.reply()).toMatch(/^421 4\.4\.2 the message took longer than 1 seconds/);
    clearInterval(trickle);
    expect(await client.reply()).toBe("");
    expect(ingress.events.events).toEqual([]);
  });

  it("in all is told so and closed", async () => {
    const ingress = await start({ WAYBILL_SMTP_SESSION_TIMEOUT: "1" });
    const client = await greeted(ingress.port);
    expect(await client.reply()).toMatch(/^421 4\.4\.2 the connection lasted 1 seconds/);
  });
});

describe("a drain", () => {
  it("sends idle clients away, lets a message end, and takes nothing new", async () => {
    const ingress = await startTestIngress();
    const [idle, busy] = [await greeted(ingress.port), await greeted(ingress.port)];
    await busy.say("MAIL FROM:<a@x.test>");
    await busy.say("RCPT TO:<b@y.test>");
    await busy.say("DATA");
    const drained = ingress.drain();
    expect(await idle.reply()).toBe("421 4.3.2 shutting down, try again later");
    expect(await idle.reply()).toBe("");
    expect(await busy.say("\r\n.")).toMatch(/^250 2\.0\.0 /);
    expect(await busy.reply()).toMatch(/^421 4\.3\.2 /);
    await drained;
    expect(ingress.accepted()).toHaveLength(1);
    await expect(RawClient.to(ingress.port)).rejects.toThrow("ECONNREFUSED");
  });

  it("is not held up by a client that never ends its message", async () => {
    const ingress = await startTestIngress();
    const stuck = await greeted(ingress.port);
    await stuck.say("MAIL FROM:<a@x.test>");
    await ingress.drain();
    expect(await stuck.reply()).toMatch(/^421 4\.3\.2 /);
  });
});
