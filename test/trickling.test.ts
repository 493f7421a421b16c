import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { smtpProvider, type Attempt } from "@waybill/actors";
import { startTricklingServer, type Trickle } from "./src/mail/trickling-server.ts";

/** A body of so many octets: more than the buffers of two sockets hold. */
const [LINE, LINES] = [`${"x".repeat(76)}\r\n`, 200_000];
const HEADER = "Subject: s\r\n\r\n";
const large = () => Readable.from([HEADER, ...Array.from({ length: LINES }, () => LINE)]);

const attempt = (change: Partial<Attempt> = {}): Attempt => ({
  tenant: "t1",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  attempt: 1,
  from: "sender@x.test",
  recipients: ["one@y.test"],
  size: HEADER.length,
  body: () => Readable.from([HEADER]),
  ...change,
});

/** One connection to a server that trickles; a transaction may take a second. */
async function openSlow(trickle: Trickle) {
  const server = await startTricklingServer(trickle);
  const smtp = { host: "127.0.0.1", port: server.port, tls: "none", verify: false } as const;
  const named = { kind: "provider", type: "smtp", id: "p", name: "p", concurrency: 1 } as const;
  const limit = { base: 900, each: 0, rate: 1e6 };
  const settings = { ...named, smtp };
  const provider = smtpProvider(settings, (sealed) => sealed, undefined, undefined, { limit });
  const close = () => {
    provider.close();
    server.stop();
  };
  return { provider, [Symbol.dispose]: close };
}

const LATE = "it took longer than 1 s";

test.each<[Trickle, string, string, Partial<Attempt>]>([
  ["greeted", "retry", LATE, {}],
  ["reading", "retry", LATE, { body: large }],
  ["answering", "ambiguous", `no reply to the message: ${LATE}`, {}],
])(
  "a server that trickles when it is %s holds an attempt no longer than its limit: %s",
  async (trickle, outcome, response, change) => {
    using slow = await openSlow(trickle);
    const sent = [attempt(change), attempt(change)].map((one) => slow.provider.send(one));
    const said = { recipient: "one@y.test", class: outcome, category: "network", response };
    // One after the other: the second waits for the only connection, and that does not count.
    expect(await Promise.all(sent)).toEqual([[said], [said]]);
  },
);
