import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { makeLogger } from "@waybill/runtime";
import { makeOutbound, type SmtpTarget, verifySmtp } from "@waybill/runtime/outbound";
import { localCertificate } from "./src/mail/certificate.ts";
import { startSink, type SinkOptions } from "./src/mail/sink.ts";

const log = makeLogger("silent", "test");
const lookup = () => Promise.resolve(["127.0.0.1"]);
const loopback = makeOutbound({ allow: ["127.0.0.0/8"], log, lookup });
const open: { stop(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});

async function sinkFor(options: SinkOptions = {}) {
  const sink = await startSink(options);
  open.push(sink);
  return sink;
}

/** A server of a few lines. */
async function serverOf(serve: (socket: Socket) => void): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  open.push({ stop });
  return server.address() as AddressInfo;
}

const verify = (
  { port }: { port: number },
  change: Partial<SmtpTarget> = {},
  deadline?: number,
) => {
  const target = { host: "mail.test", port, tls: "none", verify: false, ...change } as const;
  return verifySmtp(loopback, target, deadline);
};

const login = { user: "u", pass: "a secret" };
const auth = { method: "PLAIN", username: "u", password: "a secret" } as const;

describe("a server that would take mail", () => {
  test("is told by its greeting", async () => {
    const sink = await sinkFor();
    expect(await verify(sink)).toEqual({ success: true, message: "the server answers" });
  });

  test.each([
    ["starttls", "PLAIN"],
    ["starttls", "LOGIN"],
    ["opportunistic", "PLAIN"],
    ["implicit", "LOGIN"],
  ] as const)("with %s and %s", async (tls, method) => {
    const certificate = await localCertificate();
    const options = { auth: login, tls: { ...certificate, implicit: tls === "implicit" } };
    const sink = await sinkFor(options);
    const message = "the server answers and accepts the login";
    expect(await verify(sink, { tls, auth: { ...auth, method } })).toEqual({
      success: true,
      message,
    });
  });

  test("is left with QUIT", async () => {
    const lines: string[] = [];
    const server = await serverOf((socket) => {
      socket.write("220 here\r\n");
      socket.on("data", (data) => {
        lines.push(String(data).slice(0, 4).trim());
        socket.write("250 yes\r\n");
      });
    });
    expect(await verify(server)).toMatchObject({ success: true });
    await expect.poll(() => lines).toEqual(["EHLO", "QUIT"]);
  });
});

describe("a server that would not", () => {
  test("because it is not reached", async () => {
    const sink = await sinkFor();
    await sink.pause();
    const message = "the host cannot be reached or is not allowed";
    expect(await verify(sink)).toEqual({ success: false, code: "unreachable", message });
  });

  test("because nobody may go there", async () => {
    const sink = await sinkFor();
    const target = { host: "127.0.0.1", port: sink.port, tls: "none", verify: false } as const;
    const message = "the host cannot be reached or is not allowed";
    const verdict = await verifySmtp(makeOutbound({ allow: [], log }), target);
    expect(verdict).toEqual({ success: false, code: "unreachable", message });
    expect(sink.connections).toBe(0);
  });

  test.each(["starttls", "implicit"] as const)("because nobody vouches for it: %s", async (tls) => {
    const certificate = await localCertificate();
    const sink = await sinkFor({ tls: { ...certificate, implicit: tls === "implicit" } });
    const verdict = await verify(sink, { tls, verify: true });
    expect(verdict).toMatchObject({ success: false, code: "tls" });
    expect(verdict.message).toMatch(/^TLS failed: .*certificate/);
  });

  test.each(["starttls", "implicit"] as const)("because it has no TLS: %s", async (tls) => {
    const verdict = await verify(await sinkFor(), { tls });
    expect(verdict).toMatchObject({ success: false, code: "tls" });
  });

  test.each(["PLAIN", "LOGIN"] as const)("because it refuses the login: %s", async (method) => {
    const sink = await sinkFor({ auth: login });
    const verdict = await verify(sink, { auth: { ...auth, method, password: "wrong" } });
    const message = "the server refused the login: 535 5.7.8 Wrong credentials";
    expect(verdict).toEqual({ success: false, code: "auth", message });
  });

  test("because it offers no login", async () => {
    const message = "the server offers no login";
    const verdict = await verify(await sinkFor(), { auth });
    expect(verdict).toEqual({ success: false, code: "auth", message });
  });

  test.each([
    ["554 5.3.2 not today", "protocol", /: 554 5\.3\.2 not today$/],
    ["close", "protocol", /should$/],
    ["hang", "protocol", /should$/],
  ])("because of its greeting: %s", async (greeting, code, words) => {
    const sink = await sinkFor({ reply: () => greeting });
    const verdict = await verify(sink, {}, 500);
    expect(verdict).toMatchObject({ success: false, code });
    expect(verdict.message).toMatch(words);
  });

  test.each(["starttls", "implicit"] as const)(
    "because it is silent within TLS: %s",
    async (tls) => {
      const server = await serverOf((socket) => {
        if (tls === "implicit") return;
        socket.write("220 here\r\n");
        socket.once("data", () => {
          socket.once("data", () => socket.write("220 go ahead\r\n"));
          socket.write("250-here\r\n250 STARTTLS\r\n");
        });
      });
      expect(await verify(server, { tls }, 500)).toMatchObject({ success: false });
    },
  );
});

test("the name is announced in STARTTLS, also when it ends in a dot", async () => {
  const context = createSecureContext(await localCertificate());
  const names: string[] = [];
  const SNICallback = (name: string, done: (error: null, chosen: typeof context) => void) => {
    names.push(name);
    done(null, context);
  };
  const server = await serverOf((socket) => {
    socket.write("220 here\r\n");
    socket.once("data", () => {
      socket.once("data", () => {
        socket.write("220 go ahead\r\n", () => {
          const options = { isServer: true, secureContext: context, SNICallback };
          new TLSSocket(socket, options).on("error", () => undefined);
        });
      });
      socket.write("250-here\r\n250 STARTTLS\r\n");
    });
  });
  await verify(server, { host: "mail.test.", tls: "starttls" }, 1000);
  expect(names).toEqual(["mail.test"]);
});

test("the server's words are one line, at most 200 characters, and never the password", async () => {
  const server = await serverOf((socket) => {
    socket.write("220 here\r\n");
    socket.on("data", (data) => {
      const [line = ""] = String(data).split("\r\n");
      if (line.startsWith("EHLO")) socket.write("250-here\r\n250 AUTH PLAIN\r\n");
      const token = line.split(" ")[2] ?? "";
      const decoded = Buffer.from(token, "base64").toString().split("\0").join(" ");
      const words = `535-${token}\r\n535-${decoded}\u0007\r\n535 ${"x".repeat(1000)}\r\n`;
      if (line.startsWith("AUTH")) socket.write(words);
    });
  });
  const verdict = await verify(server, { auth });
  const start = "the server refused the login: ";
  expect(verdict).toMatchObject({ success: false, code: "auth" });
  expect(verdict.message.startsWith(`${start}535-*** 535- u *** 535 xxx`)).toBe(true);
  expect(verdict.message.length).toBe(start.length + 200);
  expect(verdict.message).not.toContain(auth.password);
});
