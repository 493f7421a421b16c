import { createServer } from "node:net";
import { SMTPServer } from "smtp-server";
import { expect, test } from "vitest";
import { openDialogue } from "./smtp-dialogue.ts";
import { listen } from "./smtp-server-peer.ts";

test("a whole conversation with smtp-server, before and after STARTTLS", async () => {
  const port = await listen(new SMTPServer({ authOptional: true, logger: false }));
  const dialogue = await openDialogue(port);
  expect((await dialogue.reply()).code).toBe(220);
  expect((await dialogue.ehlo()).lines).toContain("STARTTLS");
  expect((await dialogue.startTls()).code).toBe(220);
  expect((await dialogue.ehlo()).lines).not.toContain("STARTTLS");
  dialogue.sendRaw(Buffer.from("NO"));
  dialogue.send("OP");
  expect((await dialogue.reply()).code).toBe(250);
  expect((await dialogue.ask("QUIT")).code).toBe(221);
  await dialogue.closed;
});

test("implicit TLS", async () => {
  const port = await listen(new SMTPServer({ secure: true, logger: false }));
  const dialogue = await openDialogue(port, { tls: true });
  expect((await dialogue.reply()).code).toBe(220);
  await dialogue.close();
});

test("a certificate can be insisted on", async () => {
  const server = new SMTPServer({ secure: true, logger: false });
  server.on("error", () => undefined);
  const port = await listen(server);
  const tls = { rejectUnauthorized: true };
  await expect(openDialogue(port, { tls })).rejects.toThrow("certificate");
});

test("a refused STARTTLS is a reply like any other", async () => {
  const dialogue = await openDialogue(
    await listen(new SMTPServer({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] })),
  );
  await dialogue.reply();
  expect((await dialogue.startTls()).code).toBe(500);
  await dialogue.close();
});

test("a silent server rejects with the transcript", async () => {
  const port = await listen(createServer((socket) => void socket.write("220 x\r\n")));
  const dialogue = await openDialogue(port, { timeoutMs: 50 });
  await dialogue.reply();
  const wanted = 'nothing after 50 ms while waiting for a reply:\nS: 220 x\nC: "NOOP\\r\\n"';
  await expect(dialogue.ask("NOOP")).rejects.toThrow(wanted);
  await dialogue.close();
});

test("a server that hangs up rejects the awaited reply", async () => {
  const port = await listen(createServer((socket) => void socket.end()));
  const dialogue = await openDialogue(port);
  await expect(dialogue.reply()).rejects.toThrow("closed by the server");
  await dialogue.closed;
});
