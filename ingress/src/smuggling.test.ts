import { afterAll, beforeAll, expect, it } from "vitest";
import { RawClient, startTestIngress, type TestIngress } from "./testing.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await startTestIngress();
});
afterAll(() => ingress.drain());

const FIRST = "Subject: first\r\n\r\nbody";
const SECOND =
  "MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nbody";

/** What servers have been seen to take for the end of a message (CVE-2023-51764 and its family). */
const ENDS = [
  "\n.\n",
  "\r.\r",
  "\n.\r\n",
  "\r\n.\n",
  "\r.\r\n",
  "\r\n.\r",
  "\n.\r",
  "\r.\n",
  "\r\n\0.\r\n",
];

it.each(ENDS)("%j does not end a message, and what follows is no command", async (end) => {
  const before = ingress.accepted().length;
  for (const cut of [false, true]) {
    const client = await RawClient.greeted(ingress.port);
    await client.say("MAIL FROM:<a@x.test>");
    await client.say("RCPT TO:<b@y.test>");
    await client.say("DATA");
    const bytes = `${FIRST}${end}${SECOND}\r\n.\r\n`;
    for (const part of cut ? bytes.split(/(?<=[\r\n.\0])/) : [bytes]) client.send(part);
    expect(await client.reply()).toMatch(/^550 5\.6\.0 (bare (CR|LF)|NUL) in line [34] /);
    expect(await client.say("NOOP")).toMatch(/^250 /);
    client.close();
  }
  expect(ingress.accepted()).toHaveLength(before);
});
