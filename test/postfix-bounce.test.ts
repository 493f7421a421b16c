import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasPostfix, startPostfix } from "./src/bench/postfix-peer.ts";
import { RETURN_PATH, takeBounces } from "./src/bounce/own-domain.ts";
import { startSink } from "./src/mail/sink.ts";
import { freePort } from "./src/relay/free-port.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { until } from "./src/relay/until.ts";

type Seen = { recipients: { status: string; feedback: { bounced?: object } | null }[] };

const stack = new AsyncDisposableStack();
let relay: Relay;

beforeAll(async () => {
  if (!hasPostfix()) return;
  const sink = await startSink({
    reply: (stage) => (stage === "rcpt" ? "550 5.1.1 no such user" : undefined),
  });
  stack.defer(() => sink.stop());
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), "waybill-postfix-"))];
  const back = `transport_maps = inline:{${RETURN_PATH}=smtp:[127.0.0.1]:${port}}`;
  const postfix = await startPostfix(folder, sink.port, stack, back);
  const url = `smtp://127.0.0.1:${postfix.port}`;
  const env = { WAYBILL_RELAY_URL: url, WAYBILL_SMTP_PORT: String(port) };
  relay = await (await makeRelay({ env })).start();
  stack.defer(() => relay.discard());
  await takeBounces(relay);
});
afterAll(() => stack.disposeAsync());

test.skipIf(!hasPostfix())(
  "what Postfix took and sends back is told of its recipient",
  async () => {
    const id = await sendOne(relay, "back", "gone@example.net");
    const seen = await until("the bounce", async () => {
      const answer = await relay.api(`/api/v1/messages/${id}`);
      const message = (await answer.json()) as Seen;
      return message.recipients[0]?.status === "bounced" && message;
    });
    expect(seen.recipients[0]?.feedback?.bounced).toMatchObject({
      isHard: true,
      category: "invalid_recipient",
      response: expect.stringContaining("no such user") as string,
    });
  },
);
