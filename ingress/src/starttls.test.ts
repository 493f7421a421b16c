import { once } from "node:events";
import type { Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { StartError } from "@waybill/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startIngress } from "./stage.ts";
import { PASSWORD, RawClient, startTestIngress, type TestIngress } from "./testing.ts";

const AUTH = `AUTH PLAIN ${Buffer.from(`\0acme-app\0${PASSWORD}`).toString("base64")}`;

async function secured(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  return socket;
}

const upgraded = async (socket: Socket): Promise<RawClient> => {
  socket.removeAllListeners("data");
  return new RawClient(await secured({ socket }));
};

let ingress: TestIngress;
let client: RawClient;

/** Clients look as if they came from elsewhere. */
beforeEach(async () => {
  ingress = await startTestIngress({}, { addressOf: () => "192.0.2.1" });
  client = await RawClient.greeted(ingress.port);
});
afterEach(async () => {
  client.close();
  await ingress.drain();
});

describe("a client from elsewhere", () => {
  it("is offered AUTH only inside TLS", async () => {
    const offers = await client.say("EHLO client.test");
    expect(offers).toContain("STARTTLS");
    expect(offers).not.toContain("AUTH");
    expect(await client.say(AUTH)).toBe("538 5.7.11 encryption required: STARTTLS first");
    expect(await client.say("AUTH LOGIN")).toMatch(/^538 5\.7\.11 /);
    expect(await client.say("MAIL FROM:<a@x.test>")).toBe("530 5.7.0 authentication required");
  });

  it("authenticates after STARTTLS", async () => {
    expect(await client.say("STARTTLS")).toMatch(/^220 /);
    const inside = await upgraded(client.socket);
    const offers = await inside.say("EHLO client.test");
    expect(offers).toContain("AUTH PLAIN LOGIN");
    expect(offers).not.toContain("STARTTLS");
    expect(await inside.say(AUTH)).toMatch(/^235 /);
    expect(await inside.mail("\r\n")).toMatch(/^250 2\.0\.0 /);
    const [event] = ingress.accepted();
    expect(event?.submission).toMatchObject({ tls: true, address: "192.0.2.1" });
    expect(event && ingress.bodies.bytes(event.body).toString()).toContain("with ESMTPSA id");
  });

  it("authenticates on the port of implicit TLS", async () => {
    const inside = new RawClient(
      await secured({ port: ingress.smtpsPort ?? 0, host: "127.0.0.1" }),
    );
    expect(await inside.reply()).toMatch(/^220 mx\.waybill\.test ESMTP/);
    expect(await inside.say("EHLO client.test")).toContain("AUTH PLAIN LOGIN");
    expect(await inside.say(AUTH)).toMatch(/^235 /);
    inside.send("NOOP\n");
    expect(await inside.reply()).toMatch(/^500 5\.5\.2 /);
    inside.close();
  });

  it("may authenticate in clear when a balancer ended TLS", async () => {
    const behind = await startTestIngress(
      { WAYBILL_TLS: "false" },
      { addressOf: () => "192.0.2.1" },
    );
    const plain = await RawClient.to(behind.port);
    await plain.reply();
    const offers = await plain.say("EHLO client.test");
    expect(offers).toContain("AUTH PLAIN LOGIN");
    expect(offers).not.toContain("STARTTLS");
    expect(await plain.say("STARTTLS")).toMatch(/^500 /);
    expect(await plain.say(AUTH)).toMatch(/^235 /);
    expect(behind.smtpsPort).toBeUndefined();
    plain.close();
    await behind.drain();
  });
});

describe("STARTTLS", () => {
  it.each([
    ["in one packet", ["STARTTLS\r\nEHLO injected.test\r\nRSET\r\n"]],
    ["over packets", ["START", "TLS\r", "\nEHLO inj", "ected.test\r\nRSET\r\n"]],
    ["with many commands", [`STARTTLS\r\n${"NOOP\r\n".repeat(500)}`]],
  ])("drops what was sent in clear behind it, %s", async (_how, packets) => {
    for (const packet of packets) {
      client.send(packet);
      await new Promise(setImmediate);
    }
    expect(await client.reply()).toMatch(/^220 /);
    const inside = await upgraded(client.socket);
    expect(await inside.say("MAIL FROM:<a@x.test>")).toMatch(/^503 /);
    expect(await inside.say("QUIT")).toMatch(/^221 /);
  });

  it("forgets who the client was", async () => {
    const loopback = await startTestIngress({ WAYBILL_TRUSTED_NETWORKS: "" });
    const before = await RawClient.greeted(loopback.port);
    expect(await before.say(AUTH)).toMatch(/^235 /);
    await before.say("STARTTLS");
    const inside = await upgraded(before.socket);
    await inside.say("EHLO client.test");
    expect(await inside.say("MAIL FROM:<a@x.test>")).toMatch(/^530 /);
    before.close();
    await loopback.drain();
  });

  it("speaks no TLS older than 1.2", async () => {
    await client.say("STARTTLS");
    client.socket.removeAllListeners("data");
    const old = {
      minVersion: "TLSv1.1",
      maxVersion: "TLSv1.1",
      ciphers: "ALL:@SECLEVEL=0",
    } as const;
    await expect(secured({ socket: client.socket, ...old })).rejects.toThrow(/version/);
    const port = ingress.smtpsPort ?? 0;
    await expect(secured({ port, host: "127.0.0.1", ...old })).rejects.toThrow(/version/);
  });

  it("gives the connection back at its end, however it ends", async () => {
    const single = await startTestIngress({ WAYBILL_SMTP_MAX_CONNECTIONS: "1" });
    const free = async (): Promise<RawClient> => {
      const next = await RawClient.to(single.port);
      return (await next.reply()).startsWith("220") ? next : free();
    };
    const endings: ((one: RawClient) => Promise<unknown>)[] = [
      async (one) => (await upgraded(one.socket)).say("QUIT"),
      async (one) => (await upgraded(one.socket)).close(),
      async (one) => upgraded(one.socket).then(() => one.close()),
      async (one) => one.socket.write("garbage\r\n".repeat(9)),
      async (one) => one.close(),
    ];
    for (const end of endings) {
      const one = await free();
      expect(await one.say("STARTTLS")).toMatch(/^220 /);
      await end(one);
    }
    (await free()).close();
    await single.drain();
  });

  it("survives a client that sends garbage for a handshake", async () => {
    await client.say("STARTTLS");
    client.send("this is no handshake\r\n".repeat(10));
    await once(client.socket, "close");
    const next = await RawClient.greeted(ingress.port);
    expect(await next.say("NOOP")).toMatch(/^250/);
    next.close();
  });
});

it("does not start on a port that is taken, and says which setting to change", async () => {
  const refused = startIngress(ingress, { smtpPort: ingress.port, smtpsPort: undefined });
  await expect(refused).rejects.toThrow(`port ${ingress.port} on 127.0.0.1 is taken`);
  const error = await startIngress(ingress, { smtpPort: 0, smtpsPort: ingress.port }).catch(
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).hint).toContain("WAYBILL_SMTPS_PORT");
});
