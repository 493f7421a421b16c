import { once } from "node:events";
import { chmodSync, rmdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { olderNode } from "../src/relay/older-node.ts";
import { folderOf, ordinaryUser } from "../src/relay/ordinary-user.ts";
import { processesWithin } from "../src/relay/processes.ts";
import { makeRelay, type Relay, type RelayOptions } from "../src/relay/relay.ts";
import { until } from "../src/relay/until.ts";

const LINES = /^waybill cannot start: (.+)\n {2}hint: .+\n$/;

/** Starts a relay that cannot start; the one line that says why. It must end by itself, and alone. */
async function refusal(relay: Relay): Promise<string> {
  const { code, stderr, stdout } = await relay.run();
  await until("nothing left", () => processesWithin(relay.data).length === 0);
  expect(stderr).toMatch(LINES);
  expect(code).toBe(1);
  expect(stdout).not.toContain('"msg":"ready"');
  return LINES.exec(stderr)?.[1] ?? "";
}

async function refusalWith(options: RelayOptions): Promise<string> {
  const relay = await makeRelay(options);
  const why = await refusal(relay);
  await relay.discard();
  return why;
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test.each(["smtpPort", "smtpsPort", "apiPort"] as const)("a taken %s is named", async (which) => {
  const relay = await makeRelay();
  const server = await listen(relay[which]);
  expect(await refusal(relay)).toContain(String(relay[which]));
  server.close();
  await relay.discard();
});

test("a second relay on the same data folder is refused, and the first one is not disturbed", async () => {
  const first = await (await makeRelay()).start();
  const before = first.processes().length;
  const second = await makeRelay({ data: first.data });
  const { code, stderr } = await second.run();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^waybill cannot start: the data folder .+ is in use.*\n {2}hint: .+\n$/);
  expect((await first.api("/readyz")).status).toBe(200);
  expect(first.processes()).toHaveLength(before);
  await first.discard();
});

test.each([
  ["NATS_URL", "nats://127.0.0.1:1", "127.0.0.1:1"],
  ["NATS_URL", "not a url", "NATS_URL"],
  ["DATABASE_URL", "postgres://waybill:topsecret@127.0.0.1:1/waybill", "127.0.0.1:1"],
  ["WAYBILL_RELAY_URL", "http://waybill:topsecret@127.0.0.1:1", "WAYBILL_RELAY_URL"],
  ["WAYBILL_SMTP_PORT", "99999", "WAYBILL_SMTP_PORT"],
  ["WAYBILL_TRUSTED_NETWORKS", "10.0.0.0/99=demo", "WAYBILL_TRUSTED_NETWORKS"],
])("%s=%s is refused", async (variable, value, named) => {
  const why = await refusalWith({ env: { [variable]: value } });
  expect(why).toContain(named);
  expect(why).not.toContain("topsecret");
});

test("a data folder that may not be written is named", async () => {
  const user = ordinaryUser();
  const folder = folderOf(undefined);
  chmodSync(folder, 0o555);
  const relay = await makeRelay({ data: join(folder, "data"), ...(user && { user }) });
  expect(await refusal(relay)).toContain(folder);
  rmdirSync(folder);
});

test.skipIf(olderNode() === undefined)("a Node that is too old is told so", async () => {
  const why = await refusalWith({ command: [olderNode() ?? "", "start.js"] });
  expect(why).toMatch(/^Node \d+\.\d+\.\d+ is too old$/);
});
